package org.sterna.provisioning.internal;

import java.util.ArrayList;
import java.util.SortedSet;
import java.util.TreeSet;
import org.osgi.framework.Version;
import org.osgi.resource.Capability;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.board.BoardModel;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.processor.ProcessorModel;

/**
 * A type of device, processor or board.
 *
 * @param kind     what it is
 * @param path     the part, for messages
 * @param type     its type
 * @param abi      the ABI version of the type that must be offered, or null if any will do
 * @param features the features that must be offered
 * @param state    the state version that is needed at least, or 0
 * @param bundle   the only version of the bundle that will do, or the empty string
 */
record WantedModel(InstalledModel.Kind kind, String path, String type, AbiVersion abi, SortedSet<String> features, int state,
        String bundle) implements Wanted {
    static final String FEATURES = "features";
    private static final String ABI = "abi";
    private static final String STATE = "state";

    /** The namespace of what offers a kind. */
    static String namespace(InstalledModel.Kind kind) {
        return switch (kind) {
            case DEVICE -> DeviceModel.NAMESPACE;
            case PROCESSOR -> ProcessorModel.NAMESPACE;
            case BOARD -> BoardModel.NAMESPACE;
        };
    }

    @Override
    public String namespace() {
        return namespace(kind);
    }

    @Override
    public String terms() {
        var terms = new StringBuilder();
        if (abi != null) {
            terms.append("(abi>=").append(abi).append(")(!(abi>=").append(abi.major() + 1).append("))");
        }
        features.forEach(feature -> terms.append(Wanted.term(FEATURES, feature)));
        if (state > 0) {
            terms.append("(state>=").append(state).append(')');
        }
        return terms.toString();
    }

    @Override
    public String words() {
        return type + (bundle.isEmpty() ? "" : " " + bundle) + (abi == null ? "" : " of ABI " + abi)
            + (features.isEmpty() ? "" : " with " + String.join(" and ", features))
            + (state <= 1 ? "" : (features.isEmpty() ? " with" : " and") + " state version " + state);
    }

    @Override
    public String shortcoming(Capability capability) {
        var found = new ArrayList<String>();
        if (abi != null && capability.getAttributes().get(ABI) != null) {
            Version offered = Version.parseVersion(capability.getAttributes().get(ABI).toString());
            if (offered.getMajor() != abi.major() || offered.getMinor() < abi.minor()) {
                found.add("offers ABI " + offered.getMajor() + "." + offered.getMinor()
                    + (offered.getMajor() > abi.major() ? "" : " only"));
            }
        }
        var lacking = new TreeSet<>(features);
        lacking.removeAll(Wanted.features(capability));
        if (!lacking.isEmpty()) {
            found.add("has no " + String.join(" and no ", lacking));
        }
        if (capability.getAttributes().get(STATE) instanceof Number offered && offered.intValue() < state) {
            found.add("has state version " + offered + " only");
        }
        if (!bundle.isEmpty() && !bundle.equals(Catalog.version(capability.getResource()).toString())) {
            found.add("is another version");
        }
        return String.join(" and ", found);
    }
}
