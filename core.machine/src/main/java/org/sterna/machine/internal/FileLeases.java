package org.sterna.machine.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.internal.HostStorage.Stake;
import org.sterna.machine.internal.HostStorage.Use;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.Resource;

/**
 * The keeper for machines whose hosts share at most a file system. It knows files and block devices; of other resources the system
 * itself keeps two machines apart, such as of a port.
 *
 * <p>Within this process a table by identity decides, whatever path leads to a file, and over {@linkplain HostStorage all that lies
 * below}: a loop device over a disk in use, a partition of a disk that is used as a whole. It must, before any device opens
 * a file: the system drops a process's locks on a file as soon as any handle of it is closed. Against other processes a regular
 * file that is to be written has a {@link LeaseFile} next to it. What that does not cover is left to the lock that the device
 * takes on the file itself: a folder that this user must not write, a block device (whose folder is the system's), a second hard
 * link, and readers against a writer of another process. Such leases are never lost.
 */
final class FileLeases implements LeaseKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(FileLeases.class);

    private static final String HOST = host();

    /** What is held in this process, by identity. */
    private static final Map<Object, Holding> HELD = new HashMap<>();

    private final HostStorage storage;

    /** A piece of storage in use. */
    private static final class Holding {
        private final Path path;
        private final List<Holder> holders = new ArrayList<>();
        private LeaseFile lock;

        private Holding(Path path) {
            this.path = path;
        }
    }

    /** Who uses it, for people; two are never the same. */
    private static final class Holder {
        private final Use use;
        private final String text;

        private Holder(Use use, String text) {
            this.use = use;
            this.text = text;
        }
    }

    /** One use by the lease that is being acquired or given back. */
    private record Taken(Object identity, Holder holder) {
    }

    FileLeases() {
        this(new HostStorage(Path.of("/sys")));
    }

    FileLeases(HostStorage storage) {
        this.storage = storage;
    }

    @Override
    public Lease acquire(Claim claim, Consumer<String> lost) {
        List<Taken> taken = new ArrayList<>();
        List<Reason> refusals = new ArrayList<>();
        synchronized (HELD) {
            for (Resource resource : claim.resources()) {
                if ("file".equals(resource.name().getScheme())) {
                    try {
                        take(claim.machine(), resource, taken);
                    } catch (MachineException e) {
                        refusals.addAll(e.reasons());
                    }
                }
            }
            if (!refusals.isEmpty()) {
                release(taken);
                throw new MachineException(MachineException.Kind.FAILED, refusals);
            }
        }
        return () -> release(taken);
    }

    private void take(String machine, Resource resource, List<Taken> taken) {
        try {
            for (Stake stake : storage.stakes(Path.of(resource.name()).toRealPath(), resource.exclusive())) {
                take(stake, resource, holder(machine, resource.device()), taken);
                Optional<Path> loop = stake.file() && stake.use().writes() ? storage.otherLoop(stake) : Optional.empty();
                if (loop.isPresent()) {
                    throw refused(resource, stake, "is open on this host as " + loop.get() + ", through which it may be written",
                        "take it off (losetup -d " + loop.get() + ") when nothing uses it any more, or give another");
                }
            }
        } catch (IOException e) {
            // What is not there cannot be in use; its device says better what is wrong.
            LOG.debug("no lease for {}", resource, e);
        }
    }

    private static void take(Stake stake, Resource resource, String holder, List<Taken> taken) {
        Holding holding = HELD.get(stake.identity());
        if (holding == null) {
            requireUnheldPath(stake, resource);
            holding = new Holding(stake.path());
        }
        for (Holder other : holding.holders) {
            if (other.use.excludes(stake.use())) {
                throw inUse(resource, stake, other.text);
            }
        }
        try {
            if (stake.file() && stake.use().writes() && holding.lock == null) {
                holding.lock = LeaseFile.take(stake.path(), holder);
            }
        } catch (LeaseFile.HeldException e) {
            throw inUse(resource, stake, e.getMessage());
        }
        HELD.put(stake.identity(), holding);
        var user = new Holder(stake.use(), holder);
        holding.holders.add(user);
        taken.add(new Taken(stake.identity(), user));
    }

    /** A file that has been put in the place of one in use has the same lease file, which must not be opened twice either. */
    private static void requireUnheldPath(Stake stake, Resource resource) {
        for (Holding holding : HELD.values()) {
            if (holding.lock != null && holding.path.equals(stake.path())) {
                throw inUse(resource, stake, holding.holders.getFirst().text);
            }
        }
    }

    private static MachineException inUse(Resource resource, Stake stake, String holder) {
        return refused(resource, stake, "is in use by " + holder, "stop the machine that uses it, or give another");
    }

    /** The file that was given may not be the one that is in use, but lie above or below it. */
    private static MachineException refused(Resource resource, Stake stake, String cause, String remedy) {
        Path named = Path.of(resource.name());
        String subject = named.equals(stake.path()) ? named.toString() : named + " uses " + stake.path() + ", which";
        return MachineException.failed(resource.device(), resource.property(), subject + " " + cause, remedy);
    }

    private static void release(List<Taken> taken) {
        synchronized (HELD) {
            for (Taken use : taken) {
                Holding holding = HELD.get(use.identity());
                holding.holders.remove(use.holder());
                if (holding.holders.isEmpty()) {
                    HELD.remove(use.identity());
                    close(holding);
                }
            }
            taken.clear();
        }
    }

    private static void close(Holding holding) {
        if (holding.lock != null) {
            try {
                holding.lock.close();
            } catch (IOException e) {
                // The system's lock is gone in any case.
                LOG.warn("the lease of {} could not be cleared: {}", holding.path, e.getMessage());
            }
        }
    }

    private static String holder(String machine, String device) {
        return "machine " + machine + " (" + device + ") of process " + ProcessHandle.current().pid() + " on host " + HOST
            + " since " + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
