package org.sterna.itests.bundles;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.LeaseListener;
import org.sterna.machine.lease.Resource;

/** The keeper of a cluster that is a map in memory; docs/plugin-author.md, section 10, explains it. */
final class ClusterLeases implements LeaseKeeper {
    private final Map<URI, Held> held = new HashMap<>();
    private final Set<URI> reserved = new HashSet<>();

    /** One lease, on all that was claimed. */
    private final class Held implements Lease {
        private final Claim claim;
        private final LeaseListener listener;

        private Held(Claim claim, LeaseListener listener) {
            this.claim = claim;
            this.listener = listener;
        }

        @Override
        public void release() {
            synchronized (held) {
                held.values().removeIf(lease -> lease == this);
            }
        }
    }

    /** For machines of earlier releases, which do not know more. */
    @Override
    public Lease acquire(Claim claim, Consumer<String> lost) {
        return acquire(claim, new LeaseListener() {
            @Override
            public void lost(String cause) {
                lost.accept(cause);
            }

            @Override
            public void available() {
                // The operator lets the guest go on.
            }
        });
    }

    @Override
    public Lease acquire(Claim claim, LeaseListener listener) {
        synchronized (held) {
            List<Reason> refusals = new ArrayList<>();
            for (Resource resource : claim.resources()) {
                Held other = held.get(resource.name());
                if (other != null) {
                    refusals.add(refusal(resource, "is in use by machine " + other.claim.machine()));
                } else if (reserved.contains(resource.name())) {
                    refusals.add(refusal(resource, "has been given to another host"));
                }
            }
            if (!refusals.isEmpty()) {
                throw new MachineException(MachineException.Kind.FAILED, refusals);
            }
            var lease = new Held(claim, listener);
            claim.resources().forEach(resource -> held.put(resource.name(), lease));
            return lease;
        }
    }

    private static Reason refusal(Resource resource, String cause) {
        return new Reason(resource.device(), resource.property(), resource.name() + " " + cause, "ask the cluster");
    }

    /** Takes a resource away from whoever has it, and gives it to nobody until it is freed. */
    void revoke(URI resource) {
        Held lease;
        synchronized (held) {
            reserved.add(resource);
            lease = held.get(resource);
        }
        if (lease != null) {
            lease.release();
            lease.listener.lost("the cluster has given " + resource + " to another host");
        }
    }

    /** The connection of this host to the cluster breaks and is back before the cluster has given the resource to anybody else. */
    void interrupt(URI resource) {
        Held lease;
        synchronized (held) {
            lease = held.get(resource);
        }
        lease.release();
        lease.listener.lost("the connection to the cluster is gone");
        lease.listener.available();
    }

    /** Whoever asks next can have it. */
    void free(URI resource) {
        synchronized (held) {
            reserved.remove(resource);
        }
    }

    /** The machine that holds a resource, or the empty string. */
    String holder(URI resource) {
        synchronized (held) {
            Held lease = held.get(resource);
            return lease == null ? "" : lease.claim.machine();
        }
    }
}
