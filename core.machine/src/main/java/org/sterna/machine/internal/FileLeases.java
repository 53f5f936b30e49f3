package org.sterna.machine.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.Resource;

/**
 * The keeper for machines whose hosts share at most a file system. It knows files; of other resources the system itself keeps two
 * machines apart, such as of a port.
 *
 * <p>Within this process a table by the files' identity decides, whatever path leads to a file. It must, before any device opens
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

    /** A file in use, by one machine that writes it or any number that read it. */
    private static final class Holding {
        private final Path path;
        private final String holder;
        private final boolean exclusive;
        private final LeaseFile lock;
        private int users;

        private Holding(Path path, String holder, boolean exclusive, LeaseFile lock) {
            this.path = path;
            this.holder = holder;
            this.exclusive = exclusive;
            this.lock = lock;
        }
    }

    @Override
    public Lease acquire(Claim claim, Consumer<String> lost) {
        List<Object> taken = new ArrayList<>();
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

    private static void take(String machine, Resource resource, List<Object> taken) {
        try {
            Path path = Path.of(resource.name()).toRealPath();
            Object identity = Files.getAttribute(path, "unix:fileKey");
            Holding holding = HELD.get(identity);
            if (holding == null) {
                requireUnheldPath(path, resource);
                String holder = holder(machine, resource.device());
                holding = new Holding(path, holder, resource.exclusive(),
                    resource.exclusive() && Files.isRegularFile(path) ? LeaseFile.take(path, holder) : null);
                HELD.put(identity, holding);
            } else if (holding.exclusive || resource.exclusive()) {
                throw inUse(resource, holding.holder);
            }
            holding.users++;
            taken.add(identity);
        } catch (LeaseFile.HeldException e) {
            throw inUse(resource, e.getMessage());
        } catch (IOException e) {
            // What is not there cannot be in use; its device says better what is wrong.
            LOG.debug("no lease for {}", resource, e);
        }
    }

    /** A file that has been put in the place of one in use has the same lease file, which must not be opened twice either. */
    private static void requireUnheldPath(Path path, Resource resource) {
        for (Holding holding : HELD.values()) {
            if (holding.lock != null && holding.path.equals(path)) {
                throw inUse(resource, holding.holder);
            }
        }
    }

    private static MachineException inUse(Resource resource, String holder) {
        return MachineException.failed(resource.device(), resource.property(),
            Path.of(resource.name()) + " is in use by " + holder, "stop the machine that uses it, or give another");
    }

    private static void release(List<Object> taken) {
        synchronized (HELD) {
            for (Object identity : taken) {
                Holding holding = HELD.get(identity);
                holding.users--;
                if (holding.users == 0) {
                    HELD.remove(identity);
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
                LOG.warn("the lease of {} could not be cleared: {}", holding.holder, e.getMessage());
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
