package org.sterna.migration.internal.engine;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.Set;
import java.util.function.Consumer;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.internal.GuestControl;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.time.GuestClock;

/** A machine with real memory, time and parts, whose guest is a thread that writes memory. */
final class FakeMachine implements Machine {
    /** The one disk that machines at both ends want, with its lock, and the number that the guest has written last. */
    static final class Disk {
        private final List<String> violations = new ArrayList<>();
        private FakeMachine owner;
        private long written;
        volatile long size = 4096;

        /** A guest writes the next number. */
        synchronized void write(FakeMachine machine, long number) {
            if (owner != machine || number != written + 1) {
                violations.add(machine.name + " writes " + number + " after " + written
                    + (owner == machine ? "" : " without the lock"));
            }
            written = number;
        }

        /** What went wrong: two guests, or one that has not seen all that was written. */
        synchronized List<String> violations() {
            return List.copyOf(violations);
        }

        synchronized void take(FakeMachine machine) {
            if (owner != null && owner != machine) {
                throw MachineException.failed("/disk@0", "drive", "the disk is in use by another machine", "close that machine");
            }
            owner = machine;
        }

        synchronized void release(FakeMachine machine) {
            owner = owner == machine ? null : owner;
        }

        /** What tells whether a guest has written meanwhile, and, where it is attached, what. */
        synchronized List<ContentIdentity> contents(boolean attached) {
            return List.of(new ContentIdentity("drive", size, Optional.of(Instant.ofEpochSecond(written)), attached ? "count" : "",
                attached ? HexFormat.of().toHexDigits(written) : ""));
        }

        /** Another guest begins with it. */
        synchronized void reset() {
            goBackTo(0);
        }

        /** It is as it was when a guest had written a number. */
        synchronized void goBackTo(long number) {
            written = number;
        }

        /** The number that a guest has written last. */
        synchronized long written() {
            return written;
        }

        synchronized boolean heldBy(FakeMachine machine) {
            return owner == machine;
        }
    }

    private final String name;
    volatile AbiDocument abi;
    private final GuestMemory memory;
    private final GuestClock clock = new GuestClock();
    private final List<FakePart> parts = new ArrayList<>();
    private final Disk disk;
    private final Runnable onClose;
    private final GuestControl control;
    private volatile long instructions;
    private volatile Thread guest;
    private volatile boolean runs;
    private volatile boolean attached;
    /** The file that its disk has here. */
    volatile String drive = "disk.raw";
    /** Pages that the guest writes per millisecond. */
    volatile int rate = 1;
    /** The last page that the guest writes. */
    volatile int workingSet;
    volatile String memoryAtStop = "";
    volatile String memoryAtStart = "";
    volatile RuntimeException attachFailure;
    volatile RuntimeException resumeFailure;
    Runnable onPause = () -> { };
    /** Whether its disk says what it has. */
    volatile boolean knowsContents;
    volatile boolean lyingContents;
    volatile RuntimeException contentsFailure;

    FakeMachine(String name, AbiDocument abi, Disk disk, Runnable onClose) {
        this.name = name;
        this.abi = abi;
        this.disk = disk;
        this.onClose = onClose;
        this.control = new GuestControl(name, new Machinery());
        this.memory = new GuestMemory(0x8000_0000L, abi.memory());
        this.workingSet = memory.pages() - 1;
        parts.add(FakePart.clock(clock));
    }

    void add(FakePart part) {
        parts.add(part);
    }

    void replace(FakePart part) {
        parts.removeIf(old -> old.path().equals(part.path()));
        parts.add(part);
    }

    FakePart part(String path) {
        return parts.stream().filter(part -> part.path().equals(path)).findFirst().orElseThrow();
    }

    private void runGuest() {
        var random = new Random(1);
        while (runs) {
            for (int i = 0; i < rate; i++) {
                long page = random.nextInt(workingSet + 1);
                memory.putLong(memory.base() + (page << GuestMemory.PAGE_SHIFT) + 8L * random.nextInt(1, 512), random.nextLong());
            }
            if (rate > 0) {
                long number = memory.getLong(memory.base()) + 1;
                disk.write(this, number);
                memory.putLong(memory.base(), number);
            }
            instructions++;
            LockSupport.parkNanos(1_000_000);
        }
    }

    String digest() {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(memory.segment().asByteBuffer());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public AbiDocument abi() {
        return abi;
    }

    @Override
    public Map<String, Map<String, Object>> hostSettings() {
        return Map.of("/disk@0", Map.of("drive", drive));
    }

    @Override
    public Phase phase() {
        return control.phase();
    }

    @Override
    public String why() {
        return control.why();
    }

    @Override
    public void explain(String reason) {
        control.explain(reason);
    }

    @Override
    public Ownership ownership() {
        return control.ownership();
    }

    @Override
    public boolean runRequested() {
        return control.runRequested();
    }

    @Override
    public Operation begin(Operation.Kind kind, String detail, Duration patience) {
        return control.begin(kind, detail, patience);
    }

    @Override
    public Optional<Operation> operation() {
        return control.operation();
    }

    @Override
    public AutoCloseable onOperation(Runnable listener) {
        return control.onOperation(listener);
    }

    @Override
    public void reclaim() {
        control.reclaim();
    }

    @Override
    public HostMemoryBudget hostMemory() {
        return new HostMemoryBudget(1, () -> Long.MAX_VALUE);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public List<Part> parts() {
        return List.copyOf(parts);
    }

    @Override
    public long instructions() {
        return instructions;
    }

    @Override
    public boolean attached() {
        return attached;
    }

    @Override
    public Map<String, List<ContentIdentity>> contents(Duration limit) {
        if (contentsFailure != null) {
            throw contentsFailure;
        }
        if (lyingContents) {
            ContentIdentity real = disk.contents(true).getFirst();
            return Map.of("/disk@0", List.of(new ContentIdentity("drive", real.size(), real.modified(), "count", "00")));
        }
        return knowsContents ? Map.of("/disk@0", disk.contents(true)) : Map.of();
    }

    @Override
    public Map<String, List<ContentIdentity>> releasedContents() {
        return control.releasedContents();
    }

    @Override
    public void attach() {
        control.attach();
    }

    /** What moves in it. */
    private final class Machinery implements GuestControl.Machinery {
        @Override
        public void start() {
            if (resumeFailure != null) {
                throw resumeFailure;
            }
            memoryAtStart = digest();
            runs = true;
            clock.start();
            guest = Thread.ofPlatform().daemon().start(FakeMachine.this::runGuest);
        }

        @Override
        public void stop() {
            runs = false;
            boolean interrupted = false;
            while (guest != null && guest.isAlive()) {
                try {
                    guest.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            clock.stop();
            onPause.run();
            memoryAtStop = digest();
        }

        @Override
        public boolean attached() {
            return attached;
        }

        @Override
        public void attach() {
            if (attachFailure != null) {
                throw attachFailure;
            }
            disk.take(FakeMachine.this);
            attached = true;
        }

        @Override
        public void detach() {
            attached = false;
            disk.release(FakeMachine.this);
        }

        @Override
        public List<Reason> missing() {
            return List.of();
        }

        @Override
        public Map<String, List<ContentIdentity>> contents(Duration limit) {
            return FakeMachine.this.contents(limit);
        }

        @Override
        public void makePendingChange() {
        }
    }

    /** Its lease is taken away. */
    void fence(String cause) {
        control.locked(() -> {
            if (phase() == Phase.RUNNING) {
                stopGuest();
            }
            attached = false;
            disk.release(this);
            control.fence();
            control.enter(Phase.PAUSED, cause);
        });
    }

    private void stopGuest() {
        new Machinery().stop();
    }

    @Override
    public void change(String path, String property, String text) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void detach() {
        control.detach();
    }

    @Override
    public void boot() {
        control.boot(() -> { });
    }

    @Override
    public void resume() {
        control.resume();
    }

    @Override
    public void pause() {
        control.pause();
    }

    /** The guest ends. */
    void end(Phase last, String reason) {
        control.locked(() -> {
            if (phase() == Phase.RUNNING) {
                stopGuest();
            }
            control.enter(last, reason);
        });
    }

    @Override
    public void restored() {
        control.restored();
    }

    @Override
    public AutoCloseable onPhase(Consumer<Phase> listener) {
        return control.onPhase(listener);
    }

    @Override
    public void close() {
        control.locked(() -> {
            if (phase() != Phase.CLOSED) {
                if (runs) {
                    stopGuest();
                }
                attached = false;
                disk.release(this);
                clock.close();
                memory.close();
                onClose.run();
                control.enter(Phase.CLOSED, why());
            }
        });
    }

    @Override
    public Set<String> held() {
        return Set.of();
    }
}
