package org.sterna.provisioning.internal;

import org.osgi.resource.Capability;

/**
 * A machine type.
 *
 * @param type its name
 */
record WantedMachineType(String type) implements Wanted {
    @Override
    public String namespace() {
        return "org.sterna.machine.type";
    }

    @Override
    public String path() {
        return "the machine";
    }

    @Override
    public String bundle() {
        return "";
    }

    @Override
    public String terms() {
        return "";
    }

    @Override
    public String words() {
        return "machine type " + type;
    }

    @Override
    public String shortcoming(Capability capability) {
        return "";
    }
}
