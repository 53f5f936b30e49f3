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
    private static final String OLDER = "older";
    private static final String NEWER = "newer";

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
        return "(" + OLDER + "=" + older + ")(" + NEWER + "=" + newer + ")";
    }

    @Override
    public String words() {
        return "a translator of " + type + " " + between(older, newer);
    }

    @Override
    public String shortcoming(Capability capability) {
        String between = between(capability.getAttributes().get(OLDER), capability.getAttributes().get(NEWER));
        return between.equals(between(older, newer)) ? "" : "translates " + between;
    }

    private static String between(Object older, Object newer) {
        return "between the state versions " + older + " and " + newer;
    }
}
