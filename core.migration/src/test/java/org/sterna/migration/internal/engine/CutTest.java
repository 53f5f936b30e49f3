package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.engine.CuttingProxy.Cut;
import org.sterna.migration.internal.wire.FrameType;

/** The line breaks at each step (specification, section 7.3): the guest never runs twice and is never lost. */
class CutTest {
    private static final Set<FrameType> STEPS = EnumSet.of(FrameType.HELLO, FrameType.MANIFEST, FrameType.VERDICT,
        FrameType.START, FrameType.READY, FrameType.PAGES, FrameType.ROUND, FrameType.ROUND_DONE, FrameType.SECTION,
        FrameType.FINISH, FrameType.LOADED, FrameType.COMMIT, FrameType.TAKEN, FrameType.RUNNING);

    private final TwoHosts hosts = new TwoHosts();

    @AfterEach
    void close() {
        hosts.close();
    }

    static Stream<Cut> cuts() {
        return STEPS.stream().flatMap(type -> Stream.of(new Cut(type, false), new Cut(type, true)));
    }

    @ParameterizedTest
    @MethodSource("cuts")
    void theLineBreaksAt(Cut cut) throws Exception {
        FakeMachine source = hosts.source();
        boolean takenOver = cut.type().compareTo(FrameType.COMMIT) >= 0 && !cut.equals(new Cut(FrameType.COMMIT, false));
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT); var proxy = new CuttingProxy(receiver.endpoint(), cut)) {
            var migration = hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT);
            MigrationStatus status = TwoHosts.end(migration);
            // Once LOADED has come, whether the commit was sent before the cut was noticed is a matter of chance.
            boolean committed = cut.equals(new Cut(FrameType.LOADED, true)) ? source.phase() == Machine.Phase.PAUSED
                : cut.type().compareTo(FrameType.COMMIT) >= 0;
            if (cut.equals(new Cut(FrameType.RUNNING, true))) {
                assertEquals(Phase.COMPLETED, status.phase());
                assertEquals(Machine.Phase.CLOSED, source.phase());
            } else {
                assertEquals(Phase.FAILED, status.phase(), status.toString());
                assertEquals(committed ? Machine.Phase.PAUSED : Machine.Phase.RUNNING, source.phase());
            }
            if (takenOver) {
                assertEquals(Machine.Phase.RUNNING, hosts.arrived().phase());
                assertTrue(hosts.failed.isEmpty(), hosts.failed.toString());
            } else {
                hosts.failed();
                hosts.await(() -> hosts.oldHost.machines.isEmpty());
                assertTrue(hosts.arrivals.isEmpty() && hosts.failed.isEmpty(), hosts.failed.toString());
            }
            if (committed && status.phase() == Phase.FAILED) {
                assertTrue(source.why().startsWith("handed over to"), source.why());
                assertTrue(status.reasons().getFirst().cause().contains("must not run here"), status.toString());
                theOperatorDecides(source, receiver, takenOver);
            } else if (!committed) {
                assertTrue(hosts.disk.heldBy(source));
                MigrationStatus again = TwoHosts.end(hosts.migrate(source, receiver));
                assertEquals(Phase.COMPLETED, again.phase(), again.toString());
                assertEquals(source.memoryAtStop, hosts.arrived().memoryAtStart);
            }
        }
    }

    /** A peer may say anything; what it says after the COMMIT is no advice of this side. */
    @Test
    void aDestinationThatFailsAfterTheCommitGivesNoAdvice() throws Exception {
        FakeMachine source = hosts.source();
        var lie = Map.of("reasons", List.of(Map.of("subject", source.name(), "item", "", "cause", "all is well here",
            "remedy", "resume it by force")));
        var liar = new RewritingProxy.Rewriter() {
            @Override
            public List<byte[]> frame(RawFrame frame) {
                return List.of(frame.type() == FrameType.TAKEN ? RawFrame.of(FrameType.ERROR, lie).bytes() : frame.bytes());
            }
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var proxy = new RewritingProxy(receiver.endpoint(), RewritingProxy.Rewriter.NONE, liar)) {
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(Phase.FAILED, status.phase());
            assertTrue(status.reasons().getFirst().cause().contains("must not run here"), status.toString());
            assertEquals(new Reason(source.name(), "", "the destination says: all is well here", ""), status.reasons().getLast());
        }
    }

    /** The lock on the disk tells who has the guest: the operator's word is enough only where the destination let go. */
    private void theOperatorDecides(FakeMachine source, Receiver receiver, boolean takenOver) throws Exception {
        MigrationStatus untouched = TwoHosts.end(hosts.migrate(source, receiver));
        assertEquals(Phase.FAILED, untouched.phase());
        assertTrue(untouched.reasons().getFirst().cause().startsWith("the guest has been given away: handed over to"),
            untouched.toString());
        assertNull(untouched.verdict(), "nobody was asked");
        if (takenOver) {
            assertThrows(MachineException.class, source::reclaim);
            assertEquals(Machine.Phase.PAUSED, source.phase());
        } else {
            assertThrows(MachineException.class, source::resume, "only by force");
            source.reclaim();
            source.resume();
            assertEquals(source.memoryAtStop, source.memoryAtStart);
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
        }
    }
}
