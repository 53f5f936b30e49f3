package org.sterna.migration;

import java.util.List;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;

/**
 * Finds and installs bundles that this host lacks for a guest that is to come here. It is asked if there is a service of this
 * type, and only while a verdict would refuse for want of a bundle; so a host installs nothing by itself unless somebody has
 * configured it to. Methods are called from any thread, several at once, and return within a bounded time.
 */
@ConsumerType
public interface Provisioner {
    /**
     * What a part of the guest needs, and no installed bundle offers.
     *
     * @param path         the part
     * @param kind         what it is
     * @param type         its type
     * @param abi          its ABI version
     * @param acknowledged the features that the guest's driver has accepted
     * @param on           the guest properties that are switched on; some of them are features
     * @param bundle       the version of the bundle that this host's operator wants for it, or the empty string
     * @param state        the state version of what is to be taken over
     * @param least        the first state version that knows every field of it that must not be lost
     * @param reader       the state version of the installed bundle that offers the part's guest ABI, or 0 if none does; a
     *                     translator between that version and {@code state} would help too
     */
    record Need(String path, InstalledModel.Kind kind, String type, AbiVersion abi, Set<String> acknowledged, Set<String> on,
            String bundle, int state, int least, int reader) {
        /** Copies the sets. */
        public Need {
            acknowledged = Set.copyOf(acknowledged);
            on = Set.copyOf(on);
        }
    }

    /**
     * What came of it.
     *
     * @param provisions the bundles that would be installed, or have been
     * @param reasons    why something that is needed cannot be had; if there is any, nothing has been installed
     */
    record Outcome(List<Verdict.Provision> provisions, List<Reason> reasons) {
        /** Copies the lists. */
        public Outcome {
            provisions = List.copyOf(provisions);
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * Looks for bundles that offer what is needed, and checks that they are what they should be and come from whom this host
     * trusts.
     *
     * @param install whether to install and start them too, all of them or none; when this returns, their services are there
     */
    Outcome provide(List<Need> needs, boolean install);
}
