package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;

/** What an operator says of the guest while it migrates or is saved, by any front end, is kept or refused, and never half done. */
class RunStateTest {
    private static final MigrationOptions SLOW = new MigrationOptions(Duration.ofMillis(1), 100_000, Set.of());

    @TempDir
    Path folder;
    private final TwoHosts hosts = new TwoHosts();
    /** What the machine answered to somebody in the standstill. */
    private final AtomicReference<MachineException> refusal = new AtomicReference<>();

    @AfterEach
    void close() {
        hosts.close();
    }

    /** Somebody calls when the guest first stands still. */
    private void whenItStandsStill(FakeMachine machine, Runnable call) {
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.PAUSED && refusal.get() == null && machine.operation().isPresent()) {
                try {
                    call.run();
                } catch (MachineException e) {
                    refusal.set(e);
                }
            }
        });
    }

    private void assertRefused(String by) {
        assertTrue(refusal.get() != null && refusal.get().getMessage().matches(".*" + by + ".* is under way since .*"),
            String.valueOf(refusal.get()));
    }

    @Test
    void aGuestThatIsPausedWhileItsMemoryIsSentArrivesPaused() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var migration = hosts.newMigrations.migrate(source, receiver.endpoint(), SLOW);
            hosts.await(() -> migration.status().transferred() > 0);
            source.pause();
            assertEquals(Phase.COMPLETED, TwoHosts.end(migration).phase());
            FakeMachine arrival = hosts.arrived();
            assertEquals(Machine.Phase.PAUSED, arrival.phase());
            assertFalse(arrival.runRequested());
            arrival.resume();
        }
    }

    /** What a migration and its machine tell, in the order in which they do. */
    private List<String> told(FakeMachine source, Endpoint target) throws Exception {
        var told = new CopyOnWriteArrayList<String>();
        source.onPhase(phase -> told.add("machine " + phase));
        try (AutoCloseable listening = hosts.newMigrations.onOutgoing(source, begun -> begun.onPhase(phase -> told.add(phase.name())))) {
            var migration = hosts.newMigrations.migrate(source, target, MigrationOptions.DEFAULT);
            TwoHosts.end(migration);
            return told;
        }
    }

    @Test
    void phasesOfTheMigrationAndOfTheMachineHaveOneOrder() throws Exception {
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            for (int i = 0; i < 5; i++) {
                FakeMachine source = hosts.source();
                hosts.oldHost.onBuild = arrival -> {
                    arrival.attachFailure = MachineException.failed("/disk@0", "drive", "is not there", "");
                    return arrival;
                };
                assertEquals(List.of("NEGOTIATION", "PRECOPY", "machine PAUSED", "SWITCHOVER", "machine RUNNING"),
                    told(source, receiver.endpoint()));
                source.close();
            }
            hosts.oldHost.onBuild = arrival -> arrival;
            assertEquals(List.of("NEGOTIATION", "PRECOPY", "machine PAUSED", "SWITCHOVER", "machine CLOSED"),
                told(hosts.source(), receiver.endpoint()));
        }
    }

    @Test
    void theSourceHearsThatTheGuestRunsWhenItIsKnownAtTheDestination() throws Exception {
        var known = new CountDownLatch(1);
        var options = new ReceiveOptions("guest", Map.of(), machine -> {
            try {
                known.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }, reason -> { });
        try (Receiver receiver = hosts.oldMigrations.receive(TwoHosts.ANY_PORT, options)) {
            FakeMachine source = hosts.source();
            var migration = hosts.migrate(source, receiver);
            hosts.await(() -> source.ownership() == Ownership.DEPARTED);
            assertFalse(migration.result().isDone(), "its control is still elsewhere");
            known.countDown();
            assertEquals(Phase.COMPLETED, TwoHosts.end(migration).phase());
        }
    }

    @Test
    void aStopInTheStandstillTravels() throws Exception {
        FakeMachine source = hosts.source();
        whenItStandsStill(source, source::pause);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertEquals(Machine.Phase.PAUSED, hosts.arrived().phase());
        }
    }

    @Test
    void aStopThatCannotTravelAnyMoreIsRefused() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.onBuild = arrival -> {
            whenItStandsStill(arrival, source::pause);
            return arrival;
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertRefused("a migration to " + receiver.endpoint());
            assertEquals(Machine.Phase.RUNNING, hosts.arrived().phase());
        }
    }

    @Test
    void aStopInTheStandstillOfAMigrationThatFailsIsKept() throws Exception {
        FakeMachine source = hosts.source();
        whenItStandsStill(source, source::pause);
        hosts.oldHost.onBuild = arrival -> {
            arrival.attachFailure = MachineException.failed("/disk@0", "drive", "is not there", "");
            return arrival;
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.FAILED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertEquals(Machine.Phase.PAUSED, source.phase());
            assertEquals("paused by request", source.why());
            source.resume();
            assertEquals(Machine.Phase.RUNNING, source.phase());
        }
    }

    @Test
    void nobodyLetsAGuestRunThatIsBeingGivenAway() throws Exception {
        FakeMachine source = hosts.source();
        whenItStandsStill(source, source::resume);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertRefused("a migration to " + receiver.endpoint());
            assertEquals(source.memoryAtStop, hosts.arrived().memoryAtStart);
        }
    }

    @Test
    void nobodyLetsAGuestRunThatHasNotArrived() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.onBuild = arrival -> {
            whenItStandsStill(arrival, arrival::resume);
            return arrival;
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertRefused("an arrival from ");
            assertEquals(source.memoryAtStop, hosts.arrived().memoryAtStart);
        }
    }

    @Test
    void nobodyTearsASnapshot() throws Exception {
        FakeMachine source = hosts.source();
        whenItStandsStill(source, source::resume);
        Path file = folder.resolve("guest.sterna");
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(source, file, SnapshotOptions.DEFAULT)).phase());
        assertRefused("a snapshot into " + file);
        assertEquals(Machine.Phase.RUNNING, source.phase());
        String saved = source.memoryAtStop;
        source.close();
        var restored = (FakeMachine) hosts.newMigrations.restore(file, "restored", Map.of());
        assertEquals(saved, restored.memoryAtStart);
    }

    @Test
    void aStopInTheStandstillOfASnapshotIsKept() throws Exception {
        FakeMachine source = hosts.source();
        whenItStandsStill(source, source::pause);
        Path file = folder.resolve("guest.sterna");
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(source, file, SnapshotOptions.DEFAULT)).phase());
        assertEquals(Machine.Phase.PAUSED, source.phase());
        source.close();
        Machine restored = hosts.newMigrations.restore(file, "restored", Map.of());
        assertEquals(Machine.Phase.PAUSED, restored.phase());
    }

    /** Whoever has begun a migration, everybody knows of it. */
    @Test
    void aMigrationIsKnownToAll() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var told = new AtomicReference<Object>();
            hosts.newMigrations.onOutgoing(source, told::set);
            var migration = hosts.newMigrations.migrate(source, receiver.endpoint(), SLOW);
            assertEquals(migration, told.get());
            assertEquals(migration, hosts.newMigrations.outgoing(source).orElseThrow());
            assertEquals(Operation.Kind.MIGRATION, source.operation().orElseThrow().kind());
            assertThrows(MachineException.class, () -> source.begin(Operation.Kind.SWAP, "", Duration.ZERO));
            assertEquals(Phase.FAILED, TwoHosts.end(
                hosts.newMigrations.snapshot(source, folder.resolve("s"), SnapshotOptions.DEFAULT)).phase());
            assertEquals(migration, hosts.newMigrations.outgoing(source).orElseThrow(), "one that could not begin is none");
            hosts.newMigrations.outgoing(source).orElseThrow().cancel();
            assertEquals(Phase.CANCELLED, TwoHosts.end(migration).phase());
            assertTrue(source.operation().isEmpty());
        }
    }
}
