package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;

/** Whole migrations between two hosts in this process, over real sockets. */
class LoopbackTest {
    private final TwoHosts hosts = new TwoHosts();

    @AfterEach
    void close() {
        hosts.close();
    }

    private void migratesAndStaysTheSame(Endpoint endpoint) throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(endpoint)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Phase.COMPLETED, status.phase(), status.toString());
            assertEquals(Outcome.OK_IF, status.verdict().outcome());
            assertTrue(status.downtime() > 0 && status.transferred() > 0 && status.round() >= 2, status.toString());
            FakeMachine destination = hosts.arrived();
            assertEquals(source.memoryAtStop, destination.memoryAtStart);
            assertEquals(Machine.Phase.RUNNING, destination.phase());
            assertEquals(Machine.Phase.CLOSED, source.phase());
            assertEquals("migrated to " + receiver.endpoint(), source.why());
            assertTrue(hosts.disk.heldBy(destination));
        }
    }

    @Test
    void aRunningGuestMovesOverTcp() throws Exception {
        migratesAndStaysTheSame(TwoHosts.ANY_PORT);
    }

    @Test
    void aRunningGuestMovesOverAUnixSocket(@TempDir Path directory) throws Exception {
        migratesAndStaysTheSame(new Endpoint.Unix(directory.resolve("migrate")));
    }

    @Test
    void thereAndBackIsTheSame() throws Exception {
        FakeMachine first = hosts.source();
        var before = new TreeMap<>(first.part("/disk@0").state());
        try (Receiver old = hosts.receive(TwoHosts.ANY_PORT);
                Receiver back = hosts.newMigrations.receive(TwoHosts.ANY_PORT, hosts.options("back"))) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(first, old)).phase());
            MigrationStatus status = TwoHosts.end(hosts.oldMigrations.migrate(hosts.arrived(), back.endpoint(),
                MigrationOptions.DEFAULT));
            assertEquals(Phase.COMPLETED, status.phase(), status.toString());
            assertEquals(Outcome.OK, status.verdict().outcome());
            FakeMachine last = hosts.arrived();
            assertEquals(first.abi().fingerprint(), last.abi().fingerprint());
            assertEquals(StateType.of("disk", FakeHost.DiskState.class).fromTree(before).queue(),
                FakeHost.DISK.fromTree(last.part("/disk@0").state()).queue());
            assertEquals(FakeHost.NEW_TIMER.fromTree(last.part("/timer@0").state()), new FakeHost.NewTimer(7, 0));
        }
    }

    @Test
    void aPausedMachineArrivesPaused() throws Exception {
        FakeMachine source = hosts.source();
        source.pause();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertEquals(Machine.Phase.PAUSED, hosts.arrived().phase());
        }
    }

    @Test
    void aCheckDisturbsNothing() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Verdict verdict = hosts.newMigrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Outcome.OK_IF, verdict.outcome());
            assertEquals(Machine.Phase.RUNNING, source.phase());
            assertEquals(1, source.part("/timer@0").glimpses);
            assertEquals(0, source.part("/disk@0").glimpses);
            assertTrue(hosts.oldHost.machines.isEmpty() && hosts.failed.isEmpty());
        }
    }

    @Test
    void aFieldInUseIsRefusedBeforeAnyPageIsSent() throws Exception {
        FakeMachine source = hosts.source();
        source.part("/timer@0").restore(FakeHost.NEW_TIMER.toTree(new FakeHost.NewTimer(7, 0x8000_0001L)));
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Phase.FAILED, status.phase());
            assertEquals(Outcome.BLOCKED, status.verdict().outcome());
            assertEquals("systemTime", status.reasons().getFirst().item());
            assertEquals(0, status.transferred());
            assertEquals(Machine.Phase.RUNNING, source.phase());
            var accepting = new MigrationOptions(Duration.ofMillis(300), 0, Set.of("/timer@0.systemTime"));
            MigrationStatus accepted = TwoHosts.end(hosts.newMigrations.migrate(source, receiver.endpoint(), accepting));
            assertEquals(Phase.COMPLETED, accepted.phase());
            assertEquals(Outcome.LOSSY_ACCEPTED, accepted.verdict().outcome());
            assertEquals(List.of(new Verdict.Loss("/timer@0", "systemTime")), accepted.verdict().losses());
            assertTrue(hosts.failed.isEmpty(), hosts.failed.toString());
        }
    }

    @Test
    void anAcknowledgedFeatureIsRefused() throws Exception {
        FakeMachine source = hosts.source();
        source.part("/disk@0").acknowledged = Set.of("discard");
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Verdict verdict = hosts.newMigrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Outcome.BLOCKED, verdict.outcome());
            assertEquals(new Reason("/disk@0", "discard", verdict.reasons().getFirst().cause(),
                verdict.reasons().getFirst().remedy()), verdict.reasons().getFirst());
        }
    }

    @Test
    void aGuestAbiThatChangesOnTheWayStaysHere() throws Exception {
        FakeMachine source = hosts.source();
        source.onPause = () -> source.abi = FakeHost.abi(16 << 20);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Phase.FAILED, status.phase());
            assertTrue(status.reasons().getFirst().cause().contains("changed the guest ABI"), status.toString());
            assertEquals(Machine.Phase.RUNNING, source.phase());
        }
    }

    @Test
    void aMisspeltLossIsAMistake() {
        var options = new MigrationOptions(Duration.ofMillis(300), 0, Set.of("/timer@0.systemtime"));
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var refused = assertThrows(MachineException.class,
                () -> hosts.newMigrations.check(source, receiver.endpoint(), options));
            assertTrue(refused.getMessage().contains("/timer@0.systemTime"), refused.getMessage());
        }
    }

    /** Fails in some way, and the guest must go on at the source as if nothing had been. */
    private Reason failsAndGoesOn(FakeMachine source, OutgoingMigration migration, Phase phase) throws Exception {
        MigrationStatus status = TwoHosts.end(migration);
        assertEquals(phase, status.phase(), status.toString());
        assertEquals(Machine.Phase.RUNNING, source.phase());
        assertTrue(hosts.disk.heldBy(source));
        assertTrue(source.memoryAtStop.isEmpty() || source.memoryAtStop.equals(source.memoryAtStart));
        hosts.await(() -> hosts.oldHost.machines.isEmpty());
        return status.reasons().getFirst();
    }

    private void thenItSucceeds(FakeMachine source, Receiver receiver) throws Exception {
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
        assertEquals(source.memoryAtStop, hosts.arrived().memoryAtStart);
    }

    @Test
    void aConditionThatNoLongerHoldsLetsTheGuestGoOn() throws Exception {
        FakeMachine source = hosts.source();
        source.onPause = () -> restoreTimer(source, 5);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Reason reason = failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED);
            assertEquals("systemTime", reason.item());
            source.onPause = () -> restoreTimer(source, 0);
            restoreTimer(source, 0);
            thenItSucceeds(source, receiver);
        }
    }

    private static void restoreTimer(FakeMachine machine, long systemTime) {
        try {
            machine.part("/timer@0").restore(FakeHost.NEW_TIMER.toTree(new FakeHost.NewTimer(7, systemTime)));
        } catch (org.sterna.machine.state.StateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Who waits for one guest only closes the receiver when it is there. */
    @Test
    void aReceiverThatIsClosedByTheArrivalStillSaysThatTheGuestRuns() throws Exception {
        FakeMachine source = hosts.source();
        var receiver = new CompletableFuture<Receiver>();
        var options = new ReceiveOptions("arrival", Map.of(), machine -> {
            receiver.join().close();
            hosts.arrivals.add(machine);
        }, hosts.failed::add);
        receiver.complete(hosts.oldMigrations.receive(TwoHosts.ANY_PORT, options));
        MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver.join()));
        assertEquals(Phase.COMPLETED, status.phase(), status.toString());
        assertEquals(Machine.Phase.RUNNING, hosts.arrived().phase());
        assertEquals(List.of(), List.copyOf(hosts.failed));
    }

    @Test
    void aDiskThatCannotBeTakenThereIsToldHere() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.onBuild = machine -> {
            machine.attachFailure = MachineException.failed("/disk@0", "drive", "there is no file disk.raw", "map it");
            return machine;
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(new Reason("/disk@0", "drive", "the destination says: there is no file disk.raw", "map it"),
                failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED));
            assertEquals("there is no file disk.raw", hosts.failed().cause());
            hosts.oldHost.onBuild = machine -> machine;
            thenItSucceeds(source, receiver);
        }
    }

    @Test
    void aDiskThatIsMissingThereIsFoundBeforeTheGuestIsTouched() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.lacks = host -> host.get("/disk@0").get("drive").equals("there.raw") ? List.of()
            : List.of(new Reason("/disk@0", "drive", host.get("/disk@0").get("drive") + " does not exist", "create it"));
        var expected = new Reason("/disk@0", "drive", "at the destination, disk.raw does not exist",
            "create it; or start the receiver with --map /disk@0.drive=VALUE");
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Verdict verdict = hosts.newMigrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Outcome.BLOCKED, verdict.outcome());
            assertEquals(List.of(expected), verdict.reasons());
            assertEquals(Outcome.BLOCKED, verdict.sections().stream()
                .filter(section -> section.path().equals("/disk@0")).findFirst().orElseThrow().outcome());
            assertEquals(expected, failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED));
            assertEquals("", source.memoryAtStop, "the guest was never stopped");
        }
        var mapped = new ReceiveOptions("mapped", Map.of("/disk@0", Map.of("drive", "there.raw")), hosts.arrivals::add,
            hosts.failed::add);
        try (Receiver receiver = hosts.oldMigrations.receive(TwoHosts.ANY_PORT, mapped)) {
            thenItSucceeds(source, receiver);
        }
    }

    @Test
    void aMappingThatDoesNotFitIsPartOfTheVerdict() {
        FakeMachine source = hosts.source();
        var wrong = new ReceiveOptions("wrong", Map.of("/disk@0", Map.of("drice", "x")), hosts.arrivals::add, hosts.failed::add);
        try (Receiver receiver = hosts.oldMigrations.receive(TwoHosts.ANY_PORT, wrong)) {
            Verdict verdict = hosts.newMigrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Outcome.BLOCKED, verdict.outcome());
            assertEquals("correct the receiver's --map /disk@0.drice", verdict.reasons().getFirst().remedy());
        }
    }

    record Forgetful(@Field(1) long clock, @Field(2) @Default("0") long other) {
        Forgetful {
            clock = 0;
        }
    }

    @Test
    void aStateThatIsNotRestoredAsSentIsNoticed() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.onBuild = machine -> {
            machine.replace(FakePart.holding("/timer@0", "1.0.0", StateType.of("timer", Forgetful.class), new Forgetful(0, 0)));
            return machine;
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Reason reason = failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED);
            assertEquals("/timer@0", reason.subject());
            assertTrue(reason.cause().contains("something else than was sent"), reason.cause());
        }
    }

    @Test
    void aGuestThatWritesTooFastGoesOnUntilCancelled() throws Exception {
        FakeMachine source = hosts.source();
        source.rate = 200;
        var slowly = new MigrationOptions(Duration.ofMillis(1), 100 << 20, Set.of());
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            OutgoingMigration migration = hosts.newMigrations.migrate(source, receiver.endpoint(), slowly);
            hosts.await(() -> migration.status().round() >= 4);
            assertTrue(migration.status().expectedDowntime() > Duration.ofMillis(1).toNanos(), migration.status().toString());
            assertTrue(migration.cancel());
            failsAndGoesOn(source, migration, Phase.CANCELLED);
            assertFalse(migration.cancel());
            assertTrue(hosts.failed().cause().contains("cancelled"));
            source.rate = 1;
            thenItSucceeds(source, receiver);
        }
    }

    @Test
    void cancellingDuringTheSwitchOverLetsTheGuestGoOn() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var migration = new OutgoingMigration[1];
            source.onPause = () -> {
                hosts.await(() -> migration[0] != null);
                assertTrue(migration[0].cancel());
            };
            migration[0] = hosts.migrate(source, receiver);
            failsAndGoesOn(source, migration[0], Phase.CANCELLED);
            source.onPause = () -> { };
            thenItSucceeds(source, receiver);
        }
    }

    /** What a listener has been told, and whether the guest ran here then. */
    private static final class Told implements DepartureListener {
        private final List<String> told = new CopyOnWriteArrayList<>();
        private Runnable onLeaving = () -> { };

        @Override
        public void leaving(Endpoint target) {
            told.add("leaving to " + target);
            onLeaving.run();
        }

        @Override
        public void stays() {
            told.add("stays");
        }
    }

    @Test
    void whoWantsToKnowIsToldBeforeTheGuestIsGivenAway() throws Exception {
        FakeMachine source = hosts.source();
        var told = new Told();
        told.onLeaving = () -> {
            assertEquals(Machine.Phase.PAUSED, source.phase());
            assertTrue(hosts.arrivals.isEmpty());
        };
        hosts.newMigrations.onDeparture(source, told);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            hosts.arrived();
            assertEquals(List.of("leaving to " + receiver.endpoint()), told.told);
        }
    }

    @Test
    void whoCannotBeToldKeepsTheGuestHere() throws Exception {
        FakeMachine source = hosts.source();
        var first = new Told();
        var second = new Told();
        second.onLeaving = () -> {
            throw MachineException.failed("notebook", "", "it is full", "");
        };
        hosts.newMigrations.onDeparture(source, first);
        AutoCloseable listening = hosts.newMigrations.onDeparture(source, second);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals("it is full", failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED).cause());
            assertEquals(List.of("leaving to " + receiver.endpoint(), "stays"), first.told);
            listening.close();
            thenItSucceeds(source, receiver);
            assertEquals(2, second.told.size());
        }
    }

    @Test
    void aGuestThatIsCancelledAtTheLastMomentStays() throws Exception {
        FakeMachine source = hosts.source();
        var told = new Told();
        hosts.newMigrations.onDeparture(source, told);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var migration = new OutgoingMigration[1];
            told.onLeaving = () -> {
                hosts.await(() -> migration[0] != null);
                assertTrue(migration[0].cancel());
            };
            migration[0] = hosts.migrate(source, receiver);
            failsAndGoesOn(source, migration[0], Phase.CANCELLED);
            assertEquals(List.of("leaving to " + receiver.endpoint(), "stays"), told.told);
        }
    }

    @Test
    void aGuestThatIsNotTheOneThatIsWaitedForIsNotLetIn() throws Exception {
        FakeMachine source = hosts.source();
        var objection = new Reason("arrival", "memory", "it is another", "send it elsewhere");
        var asked = new CopyOnWriteArrayList<AbiDocument>();
        var options = new ReceiveOptions("arrival", Map.of(), hosts.arrivals::add, hosts.failed::add, abi -> {
            asked.add(abi);
            return asked.size() < 3 ? List.of(objection) : List.of();
        });
        try (Receiver receiver = hosts.oldMigrations.receive(TwoHosts.ANY_PORT, options)) {
            Verdict verdict = hosts.newMigrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Outcome.BLOCKED, verdict.outcome());
            assertEquals(List.of(objection), verdict.reasons());
            assertEquals(objection, failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED));
            assertEquals("", source.memoryAtStop, "the guest was never stopped");
            thenItSucceeds(source, receiver);
            assertEquals(List.of(source.abi(), source.abi(), source.abi()), asked);
        }
    }

    @Test
    void aSecondMigrationOfAMachineIsRefused() throws Exception {
        FakeMachine source = hosts.source();
        var slowly = new MigrationOptions(Duration.ofMillis(300), 1 << 20, Set.of());
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            OutgoingMigration first = hosts.newMigrations.migrate(source, receiver.endpoint(), slowly);
            assertEquals(Phase.FAILED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertTrue(first.cancel());
            failsAndGoesOn(source, first, Phase.CANCELLED);
        }
    }

    private void cannotLeave(FakeMachine source, String cause) throws Exception {
        var nowhere = new Endpoint.Tcp("127.0.0.1", 1);
        var refused = assertThrows(MachineException.class,
            () -> hosts.newMigrations.check(source, nowhere, MigrationOptions.DEFAULT));
        assertEquals(List.of(cause), refused.reasons().stream().map(Reason::cause).toList());
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, nowhere, MigrationOptions.DEFAULT));
        assertEquals(Phase.FAILED, status.phase());
        assertEquals(refused.reasons(), status.reasons());
    }

    @Test
    void aMachineWithoutAGuestIsRefusedBeforeAnybodyIsAsked() throws Exception {
        FakeMachine source = hosts.newHost.build("guest", FakeHost.abi(8 << 20), Map.of());
        source.attach();
        cannotLeave(source, "the guest has not been started");
        source.boot();
        source.end(Machine.Phase.STOPPED, "off");
        cannotLeave(source, "the guest has ended: off");
        source.end(Machine.Phase.FAILED, "no way on");
        cannotLeave(source, "the guest cannot go on anywhere: no way on");
    }

    @Test
    void aMachineThatIsClosedMeanwhileSaysSo() throws Exception {
        FakeMachine source = hosts.source();
        var slowly = new MigrationOptions(Duration.ofMillis(300), 1 << 20, Set.of());
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            OutgoingMigration migration = hosts.newMigrations.migrate(source, receiver.endpoint(), slowly);
            hosts.await(() -> migration.status().phase() == Phase.PRECOPY);
            source.end(Machine.Phase.CLOSED, "its process was told to end");
            String cause = "the machine was closed, and its guest has ended with it: its process was told to end";
            assertEquals(cause, TwoHosts.end(migration).reasons().getFirst().cause());
            assertEquals("the source says: " + cause, hosts.failed().cause());
        }
    }

    @Test
    void aReceiverThatIsClosedMeanwhileSaysWhereTheGuestIs() throws Exception {
        FakeMachine source = hosts.source();
        var slowly = new MigrationOptions(Duration.ofMillis(300), 1 << 20, Set.of());
        Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
        OutgoingMigration migration = hosts.newMigrations.migrate(source, receiver.endpoint(), slowly);
        hosts.await(() -> migration.status().phase() == Phase.PRECOPY);
        receiver.close();
        String cause = "the receiver was closed; it has not taken the guest over, which stays at its source";
        assertEquals("the destination says: " + cause, TwoHosts.end(migration).reasons().getFirst().cause());
        assertEquals(cause, hosts.failed().cause());
        assertEquals(Machine.Phase.RUNNING, source.phase());
    }

    @Test
    void aGuestThatEndsMeanwhileEndsTheMigration() throws Exception {
        FakeMachine source = hosts.source();
        var slowly = new MigrationOptions(Duration.ofMillis(300), 1 << 20, Set.of());
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            OutgoingMigration migration = hosts.newMigrations.migrate(source, receiver.endpoint(), slowly);
            hosts.await(() -> migration.status().phase() == Phase.PRECOPY);
            source.end(Machine.Phase.STOPPED, "off");
            MigrationStatus status = TwoHosts.end(migration);
            assertEquals(Phase.FAILED, status.phase());
            assertEquals("the guest has ended: off", status.reasons().getFirst().cause());
            assertEquals("the source says: the guest has ended: off", hosts.failed().cause());
            hosts.await(() -> hosts.oldHost.machines.isEmpty());
        }
    }

    @Test
    void aGuestThatHasArrivedAndCannotRunIsNotLost() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.onBuild = machine -> {
            machine.resumeFailure = new IllegalStateException("a defect");
            return machine;
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            FakeMachine arrived = hosts.arrived();
            assertEquals(Machine.Phase.PAUSED, arrived.phase());
            assertEquals("it has arrived, but could not be let run: a defect", arrived.why());
            assertTrue(hosts.disk.heldBy(arrived));
        }
    }

    @Test
    void nobodyListening() throws Exception {
        FakeMachine source = hosts.source();
        Endpoint gone;
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            gone = new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
        }
        Reason reason = failsAndGoesOn(source, hosts.newMigrations.migrate(source, gone, MigrationOptions.DEFAULT), Phase.FAILED);
        assertTrue(reason.cause().contains("refused"), reason.toString());
    }

    private Reason meets(Predicate<Socket> stranger) throws Exception {
        FakeMachine source = hosts.source();
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    stranger.test(socket);
                    socket.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // The test has ended.
                }
            });
            return failsAndGoesOn(source, hosts.newMigrations.migrate(source,
                new Endpoint.Tcp("127.0.0.1", server.getLocalPort()), MigrationOptions.DEFAULT), Phase.FAILED);
        }
    }

    @Test
    void aPeerThatIsSomethingElse() throws Exception {
        Reason reason = meets(socket -> {
            try {
                socket.getOutputStream().write("SSH-2.0-OpenSSH\r\n".getBytes(StandardCharsets.US_ASCII));
                return true;
            } catch (IOException e) {
                return false;
            }
        });
        assertTrue(reason.cause().contains("does not speak Sterna") && reason.cause().contains("SSH-2.0"), reason.cause());
    }

    @Test
    void aPeerThatSaysNothing() throws Exception {
        assertTrue(meets(socket -> true).cause().contains("has not said anything"));
    }

    @Test
    void aStrangerCostsTheReceiverOneReason() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var address = (Endpoint.Tcp) receiver.endpoint();
            try (var socket = new Socket(address.host(), address.port())) {
                socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertTrue(hosts.failed().cause().contains("GET / HT"));
            }
            thenItSucceeds(source, receiver);
            assertTrue(hosts.failed.isEmpty());
        }
    }

    @Test
    void wrongMappingOfAHostPropertyIsToldAtBothEnds() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.oldMigrations.receive(TwoHosts.ANY_PORT,
                new org.sterna.migration.ReceiveOptions("arrival", Map.of("/disk@0", Map.of("drve", "x")),
                    hosts.arrivals::add, hosts.failed::add))) {
            assertEquals("drve", failsAndGoesOn(source, hosts.migrate(source, receiver), Phase.FAILED).item());
        }
    }
}
