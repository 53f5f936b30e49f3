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
import org.sterna.machine.lease.Resource;

/** The keeper of a cluster that is a map in memory; docs/plugin-author.md, section 10, explains it. */
final class ClusterLeases implements LeaseKeeper {
    private final Map<URI, Held> held = new HashMap<>();
    private final Set<URI> reserved = new HashSet<>();

    /** One lease, on all that was claimed. */
    private final class Held implements Lease {
        private final Claim claim;
        private final Consumer<String> lost;

        private Held(Claim claim, Consumer<String> lost) {
            this.claim = claim;
            this.lost = lost;
        }

        @Override
        public void release() {
            synchronized (held) {
                held.values().removeIf(lease -> lease == this);
            }
        }
    }

    @Override
    public Lease acquire(Claim claim, Consumer<String> lost) {
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
            var lease = new Held(claim, lost);
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
            lease.lost.accept("the cluster has given " + resource + " to another host");
        }
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
