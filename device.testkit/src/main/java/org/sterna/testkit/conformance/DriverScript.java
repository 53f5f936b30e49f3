package org.sterna.testkit.conformance;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * How a driver uses a device, from a reset device on. It is run again and again, and must do and note the same each time: what
 * differs from run to run (a time, how often it had to look) it does not note. Between any two of its register accesses the
 * machine may be stopped and the device be replaced; the script must not be able to tell.
 */
@ConsumerType
@FunctionalInterface
public interface DriverScript {
    /**
     * Uses the device once.
     *
     * @throws Exception to say that the device does not do what its driver expects
     */
    void run(ScriptedGuest guest) throws Exception;
}
