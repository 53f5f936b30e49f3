package org.sterna.machine.device;

import org.osgi.annotation.versioning.ProviderType;

/** A level-triggered line from a device to the board's interrupt controller. Any thread. */
@ProviderType
@FunctionalInterface
public interface InterruptLine {
    /** Sets the level of the line; setting it to what it is does nothing. */
    void set(boolean high);
}
