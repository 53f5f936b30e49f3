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
import java.util.concurrent.TimeUnit;
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

    /** How long to wait for a lease that is just being given back. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * What is held in this process, by identity; guards itself and the holders. Nothing that may block on a file is done under this
     * lock: a disk that hangs must not keep other machines from theirs.
     */
    private static final Map<Object, Holding> HELD = new HashMap<>();

    private final HostStorage storage;

    /** A piece of storage in use. */
    private static final class Holding {
        private final Path path;
        private final List<Holder> holders = new ArrayList<>();
        /** Whether it has, or is to have, a lease file. */
        private boolean leased;
        /** Guarded by this holding, and not by the table. */
        private LeaseFile lock;

        private Holding(Path path) {
            this.path = path;
        }

        /** Against other processes. */
        private synchronized void lock(String holder) throws LeaseFile.HeldException {
            if (lock == null) {
                lock = LeaseFile.take(path, holder);
            }
        }

        private synchronized void unlock() {
            if (lock != null) {
                try {
                    lock.close();
                } catch (IOException e) {
                    // The system's lock is gone in any case.
                    LOG.warn("the lease of {} could not be cleared: {}", path, Reason.causeOf(e));
                }
                lock = null;
            }
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
        boolean all = false;
        try {
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
                throw new MachineException(MachineException.Kind.FAILED, refusals);
            }
            all = true;
        } finally {
            if (!all) {
                release(taken);
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
        boolean leased = stake.file() && stake.use().writes();
        Holding holding = enter(stake, resource, holder, leased, taken);
        if (leased) {
            try {
                holding.lock(holder);
            } catch (LeaseFile.HeldException e) {
                throw inUse(resource, stake, e.getMessage());
            }
        }
    }

    /** Writes a use into the table, unless it conflicts with another. */
    private static Holding enter(Stake stake, Resource resource, String holder, boolean leased, List<Taken> taken) {
        synchronized (HELD) {
            Holding holding = awaitUse(stake, resource);
            if (holding == null) {
                requireUnheldPath(stake, resource);
                holding = new Holding(stake.path());
                HELD.put(stake.identity(), holding);
            }
            for (Holder other : holding.holders) {
                if (other.use.excludes(stake.use())) {
                    throw inUse(resource, stake, other.text);
                }
            }
            holding.leased |= leased;
            var user = new Holder(stake.use(), holder);
            holding.holders.add(user);
            taken.add(new Taken(stake.identity(), user));
            return holding;
        }
    }

    /** Who uses it already; one that is just being given back is waited for. */
    private static Holding awaitUse(Stake stake, Resource resource) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        Holding holding = HELD.get(stake.identity());
        while (holding != null && holding.holders.isEmpty()) {
            long left = deadline - System.nanoTime();
            try {
                if (left <= 0) {
                    throw inUse(resource, stake, "a machine that has not been able to give it back");
                }
                TimeUnit.NANOSECONDS.timedWait(HELD, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw inUse(resource, stake, "a machine that is giving it back");
            }
            holding = HELD.get(stake.identity());
        }
        return holding;
    }

    /** A file that has been put in the place of one in use has the same lease file, which must not be opened twice either. */
    private static void requireUnheldPath(Stake stake, Resource resource) {
        for (Holding holding : HELD.values()) {
            if (holding.leased && holding.path.equals(stake.path())) {
                throw inUse(resource, stake, holding.holders.isEmpty() ? "a machine that is giving it back"
                    : holding.holders.getFirst().text);
            }
        }
    }

    private static MachineException inUse(Resource resource, Stake stake, String holder) {
        return refused(resource, stake, "is in use by " + holder, "give another, or wait until that machine has given it back");
    }

    /** The file that was given may not be the one that is in use, but lie above or below it. */
    private static MachineException refused(Resource resource, Stake stake, String cause, String remedy) {
        Path named = Path.of(resource.name());
        String subject = named.equals(stake.path()) ? named.toString() : named + " uses " + stake.path() + ", which";
        return MachineException.failed(resource.device(), resource.property(), subject + " " + cause, remedy);
    }

    private static void release(List<Taken> taken) {
        for (Taken use : taken) {
            Holding last;
            synchronized (HELD) {
                Holding holding = HELD.get(use.identity());
                holding.holders.remove(use.holder());
                last = holding.holders.isEmpty() ? holding : null;
            }
            if (last != null) {
                // It stays in the table meanwhile: whoever opened the lease file now would lose his lock when this one is closed.
                last.unlock();
                synchronized (HELD) {
                    HELD.remove(use.identity());
                    HELD.notifyAll();
                }
            }
        }
        taken.clear();
    }

    private static String holder(String machine, String device) {
        return LeaseFile.BEGINNING + machine + " (" + device + ") of process " + ProcessHandle.current().pid() + " on host " + HOST
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
