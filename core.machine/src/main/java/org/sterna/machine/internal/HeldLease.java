package org.sterna.machine.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.LeaseListener;
import org.sterna.machine.text.DurationText;

/**
 * A lease from its acquisition on, which is told apart from the ones before it by identity. A keeper may wait for an answer over a
 * network: whoever acquires or releases does not wait for it for ever.
 */
final class HeldLease {
    private static final Logger LOG = LoggerFactory.getLogger(HeldLease.class);

    /** What becomes of a lease. It is told on threads of its own, so that the keeper never waits for a machine. */
    interface Watcher {
        /** Does nothing. */
        Watcher NONE = new Watcher() {
            @Override
            public void lost(HeldLease lease, String cause) {
                // Nobody uses what it is for.
            }

            @Override
            public void available(HeldLease lease) {
                // Nobody wants it again.
            }
        };

        /** It does not hold any more. */
        void lost(HeldLease lease, String cause);

        /** It was lost, and its keeper has it for nobody else. */
        void available(HeldLease lease);
    }

    private final String machine;
    private final Duration limit;
    private final LeaseKeeper keeper;
    private final Lease lease;
    /** The last of what the keeper has told: one after the other, in its order. */
    private CompletableFuture<Void> told = CompletableFuture.completedFuture(null);

    /**
     * Acquires one.
     *
     * @param limit   how long the keeper may take to give it or to take it back
     * @param watcher is told what becomes of it
     * @throws MachineException if somebody else has what is claimed, or the keeper does not answer
     */
    HeldLease(LeaseKeeper keeper, Claim claim, Duration limit, Watcher watcher) {
        this.machine = claim.machine();
        this.limit = limit;
        this.keeper = keeper;
        var plugin = Plugin.of(machine, keeper);
        var call = new BoundedCall<Lease>(machine + " acquires its lease", late -> { });
        call.begin(() -> {
            Lease acquired = null;
            Throwable refused = null;
            try {
                acquired = plugin.guard(Lease.class, plugin.guard(LeaseKeeper.class, keeper).acquire(claim,
                    new LeaseListener() {
                        @Override
                        public void lost(String cause) {
                            tell(() -> watcher.lost(HeldLease.this, cause));
                        }

                        @Override
                        public void available() {
                            tell(() -> watcher.available(HeldLease.this));
                        }
                    }));
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
            throw MachineException.failed(machine, "", "no lease in " + DurationText.of(limit) + ": "
                + plugin.bundle() + " " + plugin.version() + ", which keeps the leases, does not answer",
                "look at what keeps the leases");
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private synchronized void tell(Runnable news) {
        told = told.handleAsync((before, failure) -> {
            news.run();
            return null;
        }, this::onThreadOfItsOwn);
    }

    private void onThreadOfItsOwn(Runnable news) {
        try {
            HostThreads.start(machine + " lease", news);
        } catch (MachineException e) {
            // A guest that has lost its lease must be stopped, even if the keeper has to wait for that.
            LOG.warn("{}: {}", machine, e.getMessage());
            news.run();
        }
    }

    /** Whether it came from a keeper. */
    boolean isFrom(LeaseKeeper other) {
        return keeper == other;
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
            LOG.error("{}: the lease is still being given back after {}", machine, DurationText.of(limit));
        } catch (Throwable e) {
            LOG.error("{}: the lease could not be given back: {}", machine, e.getMessage());
        }
    }
}
