package org.sterna.migration.internal.engine;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.Set;
import java.util.function.Consumer;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.abi.AbiDocument;
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
    private final List<Consumer<Phase>> listeners = new CopyOnWriteArrayList<>();
    private volatile Phase phase = Phase.CREATED;
    private volatile String why = "";
    private volatile long instructions;
    private Thread guest;
    private volatile boolean attached;
    private volatile boolean fenced;
    /** Pages that the guest writes per millisecond. */
    volatile int rate = 1;
    /** The last page that the guest writes. */
    volatile int workingSet;
    volatile String memoryAtStop = "";
    volatile String memoryAtStart = "";
    volatile RuntimeException attachFailure;
    volatile RuntimeException resumeFailure;
    Runnable onPause = () -> { };

    FakeMachine(String name, AbiDocument abi, Disk disk, Runnable onClose) {
        this.name = name;
        this.abi = abi;
        this.disk = disk;
        this.onClose = onClose;
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
        while (phase == Phase.RUNNING) {
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

    private void enter(Phase next, String reason) {
        phase = next;
        why = reason;
        listeners.forEach(listener -> listener.accept(next));
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
        return Map.of("/disk@0", Map.of("drive", "disk.raw"));
    }

    @Override
    public Phase phase() {
        return phase;
    }

    @Override
    public String why() {
        return why;
    }

    @Override
    public void explain(String reason) {
        why = reason;
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
    public boolean fenced() {
        return fenced;
    }

    @Override
    public boolean attached() {
        return attached;
    }

    @Override
    public synchronized void attach() {
        if (attachFailure != null) {
            throw attachFailure;
        }
        disk.take(this);
        attached = true;
        fenced = false;
    }

    /** Its lease is taken away. */
    synchronized void fence(String cause) {
        pause();
        detach();
        fenced = true;
        enter(Phase.PAUSED, cause);
    }

    @Override
    public void change(String path, String property, String text) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized void detach() {
        if (phase == Phase.RUNNING) {
            throw new IllegalStateException("running");
        }
        attached = false;
        disk.release(this);
    }

    @Override
    public synchronized void boot() {
        enter(Phase.PAUSED, "");
        resume();
    }

    @Override
    public synchronized void resume() {
        if (resumeFailure != null) {
            throw resumeFailure;
        }
        if (phase != Phase.PAUSED || !attached) {
            throw new IllegalStateException("cannot resume, " + phase + (attached ? "" : ", not attached"));
        }
        memoryAtStart = digest();
        enter(Phase.RUNNING, "");
        clock.start();
        guest = Thread.ofPlatform().daemon().start(this::runGuest);
    }

    @Override
    public synchronized void pause() {
        if (phase != Phase.RUNNING) {
            return;
        }
        phase = Phase.PAUSED;
        boolean interrupted = false;
        while (guest.isAlive()) {
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
        enter(Phase.PAUSED, "paused by request");
    }

    /** The guest ends. */
    void end(Phase last, String reason) {
        pause();
        enter(last, reason);
    }

    @Override
    public void restored() {
        enter(Phase.PAUSED, "restored");
    }

    @Override
    public AutoCloseable onPhase(Consumer<Phase> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public synchronized void close() {
        if (phase != Phase.CLOSED) {
            pause();
            detach();
            clock.close();
            memory.close();
            onClose.run();
            enter(Phase.CLOSED, why);
        }
    }

    @Override
    public Set<String> held() {
        return Set.of();
    }
}
