package org.sterna.machine;

import java.time.Duration;
import java.util.SortedMap;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Another implementation of a device, made for one that a machine has and not in its place yet (hot swap). Closed unused
 * it leaves no trace. What is asked of both is decided by whoever replaces: see {@link Crossing}.
 */
@ProviderType
public interface Replacement extends AutoCloseable {
    /** The new implementation: its model, its version, its schema. It has no state of the guest's yet. */
    Part part();

    /**
     * Puts it in the place of the old one. The guest is stopped between two instructions when the old one has no I/O in
     * flight; the state crosses; the guest goes on with the new one. Whatever goes wrong meanwhile, the guest goes on with the
     * old one as if nothing had happened. A machine that is paused stays paused.
     *
     * @param crossing what decides on the state while the guest stands still
     * @param limit    how long the new implementation may take in all
     * @return how long the guest stood still, in nanoseconds; 0 if it was paused anyway
     * @throws MachineException      if it cannot be done, with every reason
     * @throws IllegalStateException if it has been used or closed before
     */
    long perform(Crossing crossing, Duration limit);

    /** Gives it back if it has not been put in place. */
    @Override
    void close();

    /** What lies between the state of the old implementation and that of the new one. Called while the guest stands still. */
    @ConsumerType
    interface Crossing {
        /**
         * What the new implementation is restored from.
         *
         * @param state the whole state of the old one
         * @throws MachineException to keep the old one
         */
        SortedMap<Long, Object> cross(SortedMap<Long, Object> state);

        /**
         * Looks at what the new implementation holds after it has been restored.
         *
         * @throws MachineException to keep the old one
         */
        void check(SortedMap<Long, Object> held);
    }
}
