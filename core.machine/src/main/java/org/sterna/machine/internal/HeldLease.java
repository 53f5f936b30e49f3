package org.sterna.machine.internal;

import java.time.Duration;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;

/**
 * A lease from its acquisition on, which is told apart from the ones before it by identity. A keeper may wait for an answer over a
 * network: whoever acquires or releases does not wait for it for ever.
 */
final class HeldLease {
    private static final Logger LOG = LoggerFactory.getLogger(HeldLease.class);

    private final String machine;
    private final Duration limit;
    private final Lease lease;

    /**
     * Acquires one.
     *
     * @param limit  how long the keeper may take to give it or to take it back
     * @param onLost is told on a thread of its own, so that the keeper never waits for a machine
     * @throws MachineException if somebody else has what is claimed, or the keeper does not answer
     */
    HeldLease(LeaseKeeper keeper, Claim claim, Duration limit, BiConsumer<HeldLease, String> onLost) {
        this.machine = claim.machine();
        this.limit = limit;
        var plugin = Plugin.of(machine, keeper);
        var call = new BoundedCall<Lease>(machine + " acquires its lease", late -> { });
        call.begin(() -> {
            Lease acquired = null;
            Throwable refused = null;
            try {
                acquired = plugin.guard(Lease.class, plugin.guard(LeaseKeeper.class, keeper).acquire(claim,
                    cause -> HostThreads.start(machine + " lease", () -> onLost.accept(this, cause))));
            } catch (Throwable e) {
                refused = e;
            }
            if (!call.end(acquired, refused) && acquired != null) {
                // Nobody waits for it any more.
                acquired.release();
            }
        });
        try {
            this.lease = call.await(limit);
        } catch (MachineException e) {
            throw e;
        } catch (BoundedCall.LeftBehindException e) {
            throw MachineException.failed(machine, "", "no lease in " + limit.toSeconds() + " s: " + plugin.bundle() + " "
                + plugin.version() + ", which keeps the leases, does not answer", "look at what keeps the leases");
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives it back. If its keeper fails or does not answer, that is logged. */
    void release() {
        var call = new BoundedCall<Void>(machine + " releases its lease", late -> { });
        try {
            call.begin(() -> {
                Throwable failure = null;
                try {
                    lease.release();
                } catch (Throwable e) {
                    failure = e;
                }
                call.end(null, failure);
            });
            call.await(limit);
        } catch (BoundedCall.LeftBehindException e) {
            LOG.error("{}: the lease is still being given back after {} s", machine, limit.toSeconds());
        } catch (Throwable e) {
            LOG.error("{}: the lease could not be given back: {}", machine, e.getMessage());
        }
    }
}
