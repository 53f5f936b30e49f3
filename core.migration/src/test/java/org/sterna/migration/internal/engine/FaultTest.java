package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.engine.FaultyLine.Boundary;
import org.sterna.migration.internal.engine.FaultyLine.Fault;
import org.sterna.migration.internal.transport.Timeouts;
import org.sterna.migration.internal.wire.FrameType;

/**
 * Everything that can go wrong with one frame, with every frame of a migration, in both directions: afterwards the guest runs on
 * exactly one side, or can be let run on exactly one side; nothing that it wrote is lost, and it can be migrated again.
 * {@code -Dsterna.faults=wide} tries more bits and a larger guest.
 */
class FaultTest {
    private static final boolean WIDE = "wide".equals(System.getProperty("sterna.faults"));
    private static final long MEMORY = WIDE ? 8 << 20 : 2 << 20;
    private static final Timeouts TIMEOUTS = new Timeouts(Duration.ofSeconds(3), Duration.ofSeconds(3),
        Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5));
    private static final Duration LATE = Duration.ofMillis(200);
    private static final Duration TOO_LATE = Duration.ofSeconds(4);

    /**
     * One fault at one frame.
     *
     * @param what what happens, in a word or two
     */
    record Case(Boundary frame, String what, Fault fault) {
        @Override
        public String toString() {
            return frame + " " + what;
        }
    }

    private static Map<String, Fault> faults() {
        var faults = new LinkedHashMap<String, Fault>();
        faults.put("cut off", new Fault.CutBefore());
        faults.put("followed by a cut", new Fault.CutAfter());
        faults.put("late", new Fault.Delay(LATE));
        faults.put("too late", new Fault.Delay(TOO_LATE));
        faults.put("duplicated", new Fault.Duplicate());
        faults.put("dropped", new Fault.Drop());
        faults.put("swapped with the next", new Fault.Swap());
        faults.put("damaged in its header", new Fault.Flip(8 * 7));
        faults.put("damaged in its payload", new Fault.Flip(-1));
        for (int bit = 0; WIDE && bit < 8 * 18; bit += 3) {
            faults.put("damaged in bit " + bit, new Fault.Flip(bit));
        }
        return faults;
    }

    /** Every frame of a migration in which nothing goes wrong. */
    private static List<Boundary> frames() throws Exception {
        try (var hosts = new TwoHosts(TIMEOUTS, TIMEOUTS); Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var line = new FaultyLine(receiver.endpoint(), null, null)) {
            MigrationStatus status = TwoHosts.end(
                hosts.newMigrations.migrate(guest(hosts), line.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.toString());
            return line.seen();
        }
    }

    static List<Case> cases() throws Exception {
        var cases = new ArrayList<Case>();
        for (Boundary frame : frames()) {
            faults().forEach((what, fault) -> cases.add(new Case(frame, what, fault)));
        }
        return cases;
    }

    /** A guest without empty pages, so that every migration of one has the same frames. */
    private static FakeMachine guest(TwoHosts hosts) {
        FakeMachine guest = hosts.newHost.build("guest", FakeHost.abi(MEMORY), Map.of());
        for (int page = 0; page < guest.memory().pages(); page++) {
            guest.memory().putLong(guest.memory().base() + ((long) page << GuestMemory.PAGE_SHIFT) + 8, page + 1);
        }
        guest.workingSet = 16;
        guest.attach();
        guest.boot();
        return guest;
    }

    @Test
    void noFrameIsForgotten() throws Exception {
        var notHere = EnumSet.of(FrameType.BYE, FrameType.CANCEL, FrameType.ERROR, FrameType.KEEPALIVE, FrameType.PAD,
            FrameType.INDEX, FrameType.END);
        Set<String> expected = EnumSet.allOf(FrameType.class).stream()
            .filter(type -> !notHere.contains(type)).map(FrameType::name).collect(Collectors.toSet());
        expected.add("preamble");
        assertEquals(expected, frames().stream().map(Boundary::name).collect(Collectors.toSet()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @Execution(ExecutionMode.CONCURRENT)
    void theGuestIsOnExactlyOneSide(Case wrong) throws Exception {
        try (var hosts = new TwoHosts(TIMEOUTS, TIMEOUTS); Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var line = new FaultyLine(receiver.endpoint(), wrong.frame(), wrong.fault())) {
            FakeMachine source = guest(hosts);
            MigrationStatus status = TwoHosts.end(
                hosts.newMigrations.migrate(source, line.endpoint(), MigrationOptions.DEFAULT));
            assertTrue(line.happened(), "the frame did not come by: " + status);
            // Whatever happened, the destination tells of it, once.
            hosts.await(() -> !hosts.arrivals.isEmpty() || !hosts.failed.isEmpty());
            if (wrong.what().equals("late")) {
                assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.toString());
            }
            if (hosts.arrivals.isEmpty()) {
                theSourceHasIt(hosts, source, receiver, status);
            } else {
                theDestinationHasIt(hosts, source, status);
            }
            assertEquals(List.of(), hosts.disk.violations());
        }
    }

    /** What a source has to say after its COMMIT must not overtake it. */
    @Test
    void aSourceThatFailsAfterTheCommitLeavesTheGuestToTheDestination() throws Exception {
        try (var hosts = new TwoHosts(TIMEOUTS, TIMEOUTS); Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var line = new FaultyLine(receiver.endpoint(), new Boundary(false, "TAKEN", 1), new Fault.Duplicate())) {
            FakeMachine source = guest(hosts);
            MigrationStatus status = TwoHosts.end(
                hosts.newMigrations.migrate(source, line.endpoint(), MigrationOptions.DEFAULT));
            theDestinationHasIt(hosts, source, status);
            assertTrue(status.reasons().getLast().cause().contains("TAKEN where RUNNING has its place"),
                status.toString());
        }
    }

    private static void theSourceHasIt(TwoHosts hosts, FakeMachine source, Receiver receiver, MigrationStatus status)
            throws Exception {
        assertEquals(MigrationStatus.Phase.FAILED, status.phase(), status.toString());
        assertTrue(hosts.oldHost.machines.isEmpty(), "the destination has discarded it");
        if (source.phase() == Machine.Phase.PAUSED) {
            assertTrue(source.why().startsWith("handed over to"), source.why());
            assertFalse(source.attached());
            assertThrows(MachineException.class, source::resume, "only by force");
            source.reclaim();
            source.resume();
        }
        assertEquals(Machine.Phase.RUNNING, source.phase(), status.toString());
        assertTrue(hosts.disk.heldBy(source));
        MigrationStatus again = TwoHosts.end(hosts.migrate(source, receiver));
        assertEquals(MigrationStatus.Phase.COMPLETED, again.phase(), again.toString());
        FakeMachine arrival = hosts.arrived();
        assertEquals(source.memoryAtStop, arrival.memoryAtStart);
        assertTrue(hosts.disk.heldBy(arrival));
    }

    private static void theDestinationHasIt(TwoHosts hosts, FakeMachine source, MigrationStatus status) throws Exception {
        FakeMachine arrival = hosts.arrived();
        assertEquals(Machine.Phase.RUNNING, arrival.phase());
        assertEquals(source.memoryAtStop, arrival.memoryAtStart);
        assertTrue(hosts.disk.heldBy(arrival));
        if (status.phase() == MigrationStatus.Phase.COMPLETED) {
            assertEquals(Machine.Phase.CLOSED, source.phase());
        } else {
            assertEquals(Machine.Phase.PAUSED, source.phase(), status.toString());
            assertTrue(source.why().startsWith("handed over to"), source.why());
            assertThrows(MachineException.class, source::attach);
        }
        try (Receiver back = hosts.newMigrations.receive(TwoHosts.ANY_PORT, hosts.options("back"))) {
            MigrationStatus again = TwoHosts.end(hosts.oldMigrations.migrate(arrival, back.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(MigrationStatus.Phase.COMPLETED, again.phase(), again.toString());
            FakeMachine home = hosts.arrived();
            assertEquals(arrival.memoryAtStop, home.memoryAtStart);
            assertTrue(hosts.disk.heldBy(home));
        }
    }
}
