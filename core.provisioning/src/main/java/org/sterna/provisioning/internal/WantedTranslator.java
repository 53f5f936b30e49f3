package org.sterna.provisioning.internal;

import org.osgi.resource.Capability;
import org.sterna.machine.translator.Translates;

/**
 * A translator.
 *
 * @param path  the part whose state it is
 * @param type  its type
 * @param older the state version of one format
 * @param newer the state version of the other
 */
record WantedTranslator(String path, String type, int older, int newer) implements Wanted {
    @Override
    public String namespace() {
        return Translates.NAMESPACE;
    }

    @Override
    public String bundle() {
        return "";
    }

    @Override
    public String terms() {
        return "(older=" + older + ")(newer=" + newer + ")";
    }

    @Override
    public String words() {
        return "a translator of " + type + " between the state versions " + older + " and " + newer;
    }

    @Override
    public String shortcoming(Capability capability) {
        return "translates between the state versions " + capability.getAttributes().get("older") + " and "
            + capability.getAttributes().get("newer");
    }
}
