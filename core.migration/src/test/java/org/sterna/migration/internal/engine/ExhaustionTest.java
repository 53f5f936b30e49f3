package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Reason;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.RestoreOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.internal.MigrationService;
import org.sterna.migration.internal.transport.Timeouts;

/**
 * Memory or threads run out at each step of a migration, a snapshot, a swap, a restoration, at either end. Whatever the
 * step was: the machine is free again, whoever waits gets an answer, the guest runs at one place at most, and is lost
 * at none.
 */
class ExhaustionTest {
    private static final Timeouts TIMEOUTS = new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(8),
            Duration.ofMillis(200),
        Duration.ofSeconds(20), Duration.ofSeconds(10));
    private static final long MEMORY = 1 << 20;

    @TempDir
    Path folder;
    private final FakeMachine.Disk disk = new FakeMachine.Disk();
    private final FakeHost here = new FakeHost(true, disk);
    private final FakeHost there = new FakeHost(true, disk);
    private final BlockingQueue<Machine> arrivals = new LinkedBlockingQueue<>();
    private final BlockingQueue<Reason> failures = new LinkedBlockingQueue<>();
    private FakeMachine guest;
    /** What the last round has begun. */
    private MigrationService source;
    private MigrationService destination;

    @BeforeEach
    void aGuest() {
        guest = here.running("guest", MEMORY);
    }

    @AfterEach
    void close() {
        end();
        here.running().forEach(Machine::close);
        there.running().forEach(Machine::close);
    }

    private void end() {
        if (source != null) {
            source.close();
            destination.close();
        }
    }

    private void services(Machines sourceMachines, ThreadStarter sourceThreads, Machines destinationMachines,
            ThreadStarter destinationThreads) {
        end();
        source = new MigrationService(sourceMachines, TIMEOUTS, sourceThreads);
        destination = new MigrationService(destinationMachines, TIMEOUTS, destinationThreads);
    }

    /** Fails to start the n-th thread. */
    private static ThreadStarter failing(int at) {
        var started = new AtomicInteger();
        return (name, body) -> {
            if (started.incrementAndGet() == at) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            return ThreadStarter.HOST.start(name, body);
        };
    }

    private Receiver receiver() {
        return destination.receive(TwoHosts.ANY_PORT,
            new ReceiveOptions("arrival", Map.of(),
            arrived -> arrivals.add((Machine) Exhaustion.real(arrived)), failures::add));
    }

    /** The guest is where it was, and nobody is busy with it any more. */
    private void assertStayed(MigrationStatus status, String where) {
        assertEquals(Phase.FAILED, status.phase(), where + ": " + status);
        assertFalse(status.reasons().isEmpty(), where);
        assertTrue(guest.operation().isEmpty(), where);
        assertEquals(Machine.Phase.RUNNING, guest.phase(), () -> where + ": " + guest.why() + ": " + status.reasons());
        assertEquals(Ownership.LOCAL, guest.ownership(), where);
        assertTrue(disk.heldBy(guest), where);
    }

    /** After each end: one guest, somewhere; and if it is here, it can leave again. */
    private void assertOneGuest(MigrationStatus status, String where) throws Exception {
        assertTrue(guest.operation().isEmpty(), where);
        assertEquals(List.of(), disk.violations(), where);
        if (guest.phase() == Machine.Phase.CLOSED) {
            assertEquals(Phase.COMPLETED, status.phase(), where + ": " + status);
            moveBack();
        } else if (guest.ownership() == Ownership.UNCONFIRMED || guest.ownership() == Ownership.DEPARTED) {
            assertEquals(Machine.Phase.PAUSED, guest.phase(), where);
            assertTrue(status.reasons().toString().contains("only if the guest has not run there"), where + ": "
                + status.reasons());
            Machine arrived = arrivals.poll(100, TimeUnit.MILLISECONDS);
            if (arrived == null) {
                there.running().forEach(Machine::close);
                guest.reclaim();
                guest.resume();
            } else {
                assertEquals(Machine.Phase.RUNNING, arrived.phase(), where);
                guest.close();
                arrivals.add(arrived);
                moveBack();
            }
        } else {
            assertStayed(status, where);
            awaitNobodyThere(where);
        }
    }

    private void awaitNobodyThere(String where) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!there.machines.isEmpty()) {
            assertTrue(System.nanoTime() - deadline < 0, where + ": a machine is left at the destination");
            Thread.onSpinWait();
        }
    }

    /** The guest goes on in a machine of this host, for the next round. */
    private void moveBack() throws Exception {
        Machine arrived = arrivals.poll(30, TimeUnit.SECONDS);
        assertEquals(Machine.Phase.RUNNING, arrived.phase(), arrived.why());
        there.running().forEach(Machine::close);
        disk.reset();
        guest = here.running("guest", MEMORY);
    }

    /** A round per step, until there was none to fail at. */
    private interface Round {
        String run(int step) throws Exception;
    }

    private static void eachStep(int least, Round round) throws Exception {
        int step = 1;
        while (!round.run(step).isEmpty()) {
            step++;
        }
        assertTrue(step > least, "only " + step + " steps");
    }

    @Test
    void noMemoryAtAStepOfTheSource() throws Exception {
        eachStep(40, step -> {
            var exhaustion = new Exhaustion(step);
            services(here, ThreadStarter.HOST, there, ThreadStarter.HOST);
            exhaustion.begin();
            try (Receiver receiver = receiver()) {
                OutgoingMigration migration = source.migrate(exhaustion.of(Machine.class, guest), receiver.endpoint(),
                    MigrationOptions.DEFAULT);
                assertOneGuest(TwoHosts.end(migration), step + ", " + exhaustion.where());
            }
            return exhaustion.where();
        });
    }

    @Test
    void noMemoryAtAStepOfTheDestination() throws Exception {
        eachStep(30, step -> {
            var exhaustion = new Exhaustion(step);
            services(here, ThreadStarter.HOST, exhaustion.of(Machines.class, there), ThreadStarter.HOST);
            exhaustion.begin();
            try (Receiver receiver = receiver()) {
                assertOneGuest(TwoHosts.end(source.migrate(guest, receiver.endpoint(), MigrationOptions.DEFAULT)),
                    step + ", " + exhaustion.where());
                exhaustion.end();
                // The receiver has not forgotten to let the next one in.
                assertTrue(source.check(guest, receiver.endpoint(), MigrationOptions.DEFAULT).allowed());
            }
            return exhaustion.where();
        });
    }

    @Test
    void noMemoryAtAStepOfASnapshot() throws Exception {
        eachStep(20, step -> {
            var exhaustion = new Exhaustion(step);
            services(here, ThreadStarter.HOST, there, ThreadStarter.HOST);
            exhaustion.begin();
            Path file = folder.resolve("snapshot" + step);
            MigrationStatus status = TwoHosts.end(source.snapshot(exhaustion.of(Machine.class, guest), file,
                SnapshotOptions.DEFAULT));
            String where = step + ", " + exhaustion.where();
            assertTrue(guest.operation().isEmpty(), where);
            assertEquals(Machine.Phase.RUNNING, guest.phase(), where + ": " + guest.why());
            assertEquals(status.phase() == Phase.COMPLETED, Files.exists(file), where);
            assertFalse(Files.exists(folder.resolve("snapshot" + step + ".unfinished")), where);
            return exhaustion.where();
        });
    }

    /** A snapshot of the guest, which is closed; the disk stays as the snapshot knows it. */
    private Path saved() throws Exception {
        services(here, ThreadStarter.HOST, there, ThreadStarter.HOST);
        Path file = folder.resolve("snapshot");
        assertEquals(Phase.COMPLETED, TwoHosts.end(source.snapshot(guest, file,
            new SnapshotOptions(SnapshotOptions.DEFAULT.downtimeLimit(), 0, true))).phase());
        guest.close();
        return file;
    }

    @Test
    void noMemoryAtAStepOfARestoration() throws Exception {
        Path file = saved();
        long written = disk.written();
        eachStep(15, step -> {
            var exhaustion = new Exhaustion(step);
            services(exhaustion.of(Machines.class, here), ThreadStarter.HOST, there, ThreadStarter.HOST);
            exhaustion.begin();
            restore(file, written, () -> step + ", " + exhaustion.where());
            return exhaustion.where();
        });
    }

    /** It runs, or there is nothing of it, and it can be restored from the same file. */
    private void restore(Path file, long written, Supplier<String> where) {
        disk.goBackTo(written);
        Machine machine = null;
        try {
            machine = (Machine) Exhaustion.real(source.restore(file, "restored", Map.of()));
        } catch (MachineException e) {
            assertTrue(here.machines.isEmpty(), () -> where.get() + ": a machine is left");
        }
        if (machine != null) {
            assertEquals(Machine.Phase.RUNNING, machine.phase(), where);
            assertTrue(machine.operation().isEmpty(), where);
            machine.close();
        }
        assertEquals(List.of(), disk.violations(), where);
    }

    @Test
    void noMemoryAtAStepOfASwap() throws Exception {
        var open = new AtomicInteger();
        here.replacement = path -> new FakeReplacement(guest.part(path), open);
        eachStep(10, step -> {
            var exhaustion = new Exhaustion(step);
            services(exhaustion.of(Machines.class, here), ThreadStarter.HOST, there, ThreadStarter.HOST);
            exhaustion.begin();
            String where = "";
            try {
                source.swap(exhaustion.of(Machine.class, guest), "/timer@0", "1.1.0", SwapOptions.DEFAULT);
            } catch (MachineException e) {
                where = e.getMessage();
            }
            assertTrue(guest.operation().isEmpty(), step + ", " + exhaustion.where() + where);
            assertEquals(Machine.Phase.RUNNING, guest.phase(), step + ", " + exhaustion.where() + where);
            assertEquals(0, open.get(), step + ", " + exhaustion.where() + where);
            return exhaustion.where();
        });
    }

    @Test
    void noThreadForAMigration() throws Exception {
        services(here, failing(1), there, ThreadStarter.HOST);
        try (Receiver receiver = receiver()) {
            var known = new LinkedBlockingQueue<OutgoingMigration>();
            source.onOutgoing(guest, known::add);
            MigrationStatus refused = TwoHosts.end(source.migrate(guest, receiver.endpoint(),
                MigrationOptions.DEFAULT));
            assertStayed(refused, "");
            assertTrue(refused.reasons().getFirst().cause().contains("out of memory or of threads"), refused.reasons()
                .toString());
            assertNull(known.peek(), "one that could not begin is none");
            MigrationStatus next = TwoHosts.end(source.migrate(guest, receiver.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(Phase.COMPLETED, next.phase(), next.toString());
        }
    }

    @Test
    void noThreadForASnapshot() throws Exception {
        services(here, failing(1), there, ThreadStarter.HOST);
        Path file = folder.resolve("snapshot");
        assertStayed(TwoHosts.end(source.snapshot(guest, file, SnapshotOptions.DEFAULT)), "");
        assertEquals(Phase.COMPLETED, TwoHosts.end(source.snapshot(guest, file, SnapshotOptions.DEFAULT)).phase());
    }

    @Test
    void noThreadForAConversation() throws Exception {
        services(here, ThreadStarter.HOST, there, failing(1));
        try (Receiver receiver = receiver()) {
            MigrationStatus refused = TwoHosts.end(source.migrate(guest, receiver.endpoint(),
                MigrationOptions.DEFAULT));
            assertStayed(refused, "");
            assertTrue(refused.reasons().getFirst().cause().contains("out of memory or of threads"), refused.reasons()
                .toString());
            MigrationStatus next = TwoHosts.end(source.migrate(guest, receiver.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(Phase.COMPLETED, next.phase(), next.toString());
        }
    }

    /** A guest that ran while nobody had its machine would be lost. */
    @Test
    void noThreadForARestoration() throws Exception {
        Path file = saved();
        long written = disk.written();
        services(here, failing(1), there, ThreadStarter.HOST);
        var ran = new AtomicInteger();
        assertThrows(MachineException.class, () -> source.restore(file, "restored", Map.of(),
            RestoreOptions.DEFAULT.withBeforeRunning(machine -> ran.incrementAndGet())));
        assertEquals(0, ran.get());
        assertTrue(here.machines.isEmpty());
        restore(file, written, () -> "");
    }

    /** Whoever listens is none of whom a migration depends on. */
    @Test
    void aListenerThatFails() throws Exception {
        services(here, ThreadStarter.HOST, there, ThreadStarter.HOST);
        guest.onOperation(() -> {
            throw new OutOfMemoryError("injected by a listener of operations");
        });
        guest.onPhase(phase -> {
            throw new OutOfMemoryError("injected by a listener of phases");
        });
        source.onOutgoing(guest, begun -> {
            throw new OutOfMemoryError("injected by a listener of migrations");
        });
        Path file = folder.resolve("snapshot");
        assertEquals(Phase.COMPLETED, TwoHosts.end(source.snapshot(guest, file, SnapshotOptions.DEFAULT)).phase());
        assertEquals(Machine.Phase.RUNNING, guest.phase());
        assertTrue(guest.operation().isEmpty());
        guest.begin(Operation.Kind.SWAP, "", Duration.ZERO).close();
        try (Receiver receiver = receiver()) {
            assertEquals(Phase.COMPLETED,
                TwoHosts.end(source.migrate(guest, receiver.endpoint(), MigrationOptions.DEFAULT)).phase());
        }
    }
}
