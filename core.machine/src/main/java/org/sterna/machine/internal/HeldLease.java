package org.sterna.machine.internal;

import java.util.function.BiConsumer;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;

/** A lease from its acquisition on, which is told apart from the ones before it by identity. */
final class HeldLease {
    private final Lease lease;

    /**
     * Acquires one.
     *
     * @param onLost is told on a thread of its own, so that the keeper never waits for a machine
     * @throws org.sterna.machine.MachineException if somebody else has what is claimed
     */
    HeldLease(LeaseKeeper keeper, Claim claim, BiConsumer<HeldLease, String> onLost) {
        this.lease = keeper.acquire(claim, cause -> Thread.startVirtualThread(() -> onLost.accept(this, cause)));
    }

    void release() {
        lease.release();
    }
}
