package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Ownership;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Preamble;

/** A destination may say anything: that is neither believed where this side knows better, nor shown as this side's words. */
class DestinationWordsTest {
    private static final RawFrame TAKEN = RawFrame.of(FrameType.TAKEN, Map.of());

    private final TwoHosts hosts = new TwoHosts();
    private final FakeMachine source = hosts.source();
    /** What the destination got from the source. */
    private List<FrameType> told;

    @AfterEach
    void close() {
        hosts.close();
    }

    /** Migrates to a destination that says something else instead of each frame of a type. */
    private MigrationStatus migrate(FrameType type, Function<RawFrame, List<RawFrame>> instead) throws Exception {
        var liar = new RewritingProxy.Rewriter() {
            @Override
            public List<byte[]> frame(RawFrame frame) {
                return List.of(frame.type() == type ? inOnePiece(instead.apply(frame)) : frame.bytes());
            }
        };
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var proxy = new RewritingProxy(receiver.endpoint(), RewritingProxy.Rewriter.NONE, liar)) {
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
            told = frames(proxy.recorded());
            return status;
        }
    }

    private static byte[] inOnePiece(List<RawFrame> frames) {
        var bytes = new ByteArrayOutputStream();
        frames.forEach(frame -> bytes.writeBytes(frame.bytes()));
        return bytes.toByteArray();
    }

    private static List<FrameType> frames(byte[] line) throws IOException {
        var in = new DataInputStream(new ByteArrayInputStream(line, Preamble.SIZE, line.length - Preamble.SIZE));
        var types = new ArrayList<FrameType>();
        while (in.available() > 0) {
            types.add(RawFrame.read(in).type());
        }
        return types;
    }

    @Test
    void itsTakenBeforeTheCommitEndsTheConversation() throws Exception {
        MigrationStatus status = migrate(FrameType.LOADED, loaded -> List.of(loaded, TAKEN));
        assertEquals(Phase.FAILED, status.phase());
        assertEquals(Machine.Phase.PAUSED, source.phase(), "it says that it has the guest");
        assertEquals(Ownership.UNCONFIRMED, source.ownership());
        assertTrue(status.toString().contains("sent a frame TAKEN where nothing of it has its place"), status.toString());
        assertFalse(told.contains(FrameType.COMMIT), told.toString());
    }

    @Test
    void itsWordForALossThatIsNoneIsNotBelieved() throws Exception {
        MigrationStatus status = migrate(FrameType.VERDICT, verdict -> {
            var tree = new TreeMap<String, Object>();
            ((Map<?, ?>) verdict.tree()).forEach((key, value) -> tree.put((String) key, value));
            tree.put("losses", List.of(Map.of("path", "/timer@0", "field", "systemTime")));
            return List.of(verdict.with(Cbor.encode(tree)));
        });
        assertEquals(Phase.COMPLETED, status.phase(), status.toString());
        assertEquals(Outcome.OK_IF, status.verdict().outcome());
        assertEquals(List.of(), status.verdict().losses());
    }

    @Test
    void itsAdviceIsShownAsItsOwn() throws Exception {
        var lie = Map.of("reasons", List.of(Map.of("subject", "/disk@0", "item", "drive", "cause", "it is damaged",
            "remedy", "delete it")));
        MigrationStatus status = migrate(FrameType.READY, ready -> List.of(RawFrame.of(FrameType.ERROR, lie)));
        assertEquals(Phase.FAILED, status.phase());
        assertEquals(List.of(new Reason("/disk@0", "drive", "the destination says: it is damaged", "delete it")), status.reasons());
        assertEquals(Machine.Phase.RUNNING, source.phase());
    }

    /** What the operator has misspelt is no affair of the destination's. */
    @Test
    void itHearsNothingOfAFieldThatThereIsNot() throws Exception {
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var options = new MigrationOptions(Duration.ofMillis(300), 0, Set.of("/timer@0.nothing"));
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, receiver.endpoint(), options));
            assertTrue(status.reasons().getFirst().cause().startsWith("no such field"), status.toString());
            assertThrows(MachineException.class, () -> hosts.newMigrations.check(source, receiver.endpoint(), options));
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertEquals(List.of(), List.copyOf(hosts.failed));
        }
    }
}
