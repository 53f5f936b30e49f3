package org.sterna.machine.internal;

import java.util.function.Supplier;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.LeaseKeeper;

/**
 * Whether a machine's devices have their host resources, and the lease that they have them under. It changes under the machine's
 * lock, and can be asked by any thread.
 */
final class Attachment {
    private final String machine;
    private final Devices devices;
    private final Supplier<LeaseKeeper> keeper;
    private final CallLimits limits;
    private final HeldLease.Watcher watcher;
    /** While the devices are attached. */
    private HeldLease lease;
    /** The one that was lost, until there is another. */
    private HeldLease lost;
    private volatile boolean attached;

    /**
     * Nothing is attached yet.
     *
     * @param keeper  whom to ask for a lease
     * @param watcher is told what becomes of leases
     */
    Attachment(String machine, Devices devices, Supplier<LeaseKeeper> keeper, CallLimits limits,
            HeldLease.Watcher watcher) {
        this.machine = machine;
        this.devices = devices;
        this.keeper = keeper;
        this.limits = limits;
        this.watcher = watcher;
    }

    boolean attached() {
        return attached;
    }

    /** Whether a lease is the one in force: another was given back meanwhile. */
    boolean isUnder(HeldLease which) {
        return which == lease;
    }

    /**
     * Acquires a lease and attaches the devices, or neither. If a device has taken too long, and may still take something, the lease
     * is given back only when that device has returned, and given back what it took.
     */
    void attach() {
        var acquired = new HeldLease(keeper.get(), new Claim(machine, devices.claims()), limits.host(), watcher);
        try {
            devices.attach();
            attached = true;
        } finally {
            if (!attached) {
                giveBack(acquired);
            }
        }
        lease = acquired;
        lost = null;
    }

    /**
     * Whether a lease is the last one that was lost, and another would come from the same keeper: only that one knows whether somebody
     * else has had the resources meanwhile.
     */
    boolean mayRecover(HeldLease which) {
        return which == lost && which.isFrom(keeper.get());
    }

    /** Detaches the devices, then gives the lease back; if a device has taken too long, when that one has returned. */
    void detach() {
        if (attached) {
            attached = false;
            HeldLease held = lease;
            lease = null;
            try {
                devices.detach();
            } finally {
                giveBack(held);
            }
        }
    }

    private void giveBack(HeldLease which) {
        devices.whenNothingIsTaken(which::release);
    }

    /** The lease is somebody else's now, or may be: nothing here may touch what it was for. */
    void fence() {
        lost = lease;
        lease = null;
        attached = false;
        devices.detach();
    }
}
