package org.sterna.machine.lease;

import org.osgi.annotation.versioning.ConsumerType;

/** The right of one machine to use what it has claimed. */
@ConsumerType
public interface Lease {
    /**
     * Gives it back; the machine's devices have let go of everything. When this returns, another host can acquire it. Called
     * once, on any thread, and not for a lease that the keeper has reported lost before. It may come while a report is under way.
     */
    void release();
}
