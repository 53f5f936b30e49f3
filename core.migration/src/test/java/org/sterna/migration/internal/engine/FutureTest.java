package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.Ignorable;
import org.sterna.machine.state.StateType;
import org.sterna.migration.Inspection;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.engine.RewritingProxy.Rewriter;
import org.sterna.migration.internal.wire.FrameType;

/**
 * Peers and files of later versions and of third parties: what they may say is skipped, what they must not is refused (R1
 * to R3).
 */
class FutureTest {
    private static final RawFrame MANDATORY = RawFrame.named(0x8001, 1, "com.example.encrypted-pages");
    private static final SnapshotOptions STOP = new SnapshotOptions(Duration.ofMillis(300), 0, true);

    /** Of a timer that has learned much. */
    record FutureTimer(@Field(1) long clock, @Field(id = 2, since = 2) @Default("0") long systemTime,
            @Field(id = 3, since = 9) @Default("5") @Ignorable("a hint for the next wake-up") long hint,
            @Field(id = 4, since = 9) @Default("") List<Long> alarms,
            @Field(id = 5, since = 1, extension = "com.example.drift") @Default("0") long drift) {
    }

    /** Of a timer that cannot do without what it has learned. */
    record NeedyTimer(@Field(1) long clock, @Field(id = 9, since = 9) long epoch) {
    }

    /** Of a device that only a third party has. */
    record Gpu(@Field(1) long registers) {
    }

    @TempDir
    Path folder;
    private TwoHosts hosts;
    private Receiver receiver;

    @BeforeEach
    void open() {
        hosts = new TwoHosts();
        receiver = hosts.receive(TwoHosts.ANY_PORT);
    }

    @AfterEach
    void close() {
        receiver.close();
        hosts.close();
    }

    private MigrationStatus migrate(FakeMachine source, Rewriter fromSource, Rewriter fromDestination) throws Exception {
        try (var proxy = new RewritingProxy(receiver.endpoint(), fromSource, fromDestination)) {
            return TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
        }
    }

    private void completes(FakeMachine source, Rewriter fromSource, Rewriter fromDestination) throws Exception {
        MigrationStatus status = migrate(source, fromSource, fromDestination);
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        FakeMachine arrived = hosts.arrived();
        assertEquals(source.memoryAtStop, arrived.memoryAtStart);
        assertEquals(Machine.Phase.RUNNING, arrived.phase());
        assertTrue(hosts.failed.isEmpty(), hosts.failed.toString());
    }

    /** The guest stays where it is, and both ends say some words. */
    private void isRefused(Rewriter fromSource, Rewriter fromDestination, String... words) throws Exception {
        hosts.oldHost.running().forEach(Machine::close);
        FakeMachine source = hosts.source();
        MigrationStatus status = migrate(source, fromSource, fromDestination);
        assertEquals(Phase.FAILED, status.phase());
        assertEquals(Machine.Phase.RUNNING, source.phase());
        String there = hosts.failed().toString();
        for (String word : words) {
            assertTrue(status.reasons().toString().contains(word), word + " at the source: " + status.reasons());
            assertTrue(there.contains(word), word + " at the destination: " + there);
        }
        assertEquals(1, status.reasons().size(), status.reasons().toString());
        completes(source, Rewriter.NONE, Rewriter.NONE);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 0", "65535, 65535"})
    void aPeerOfALaterVersionThatSpeaksThisOneTooIsUnderstood(int major, int minor) throws Exception {
        completes(hosts.source(), FuturePeer.compatible(major, minor), Rewriter.NONE);
        hosts.oldHost.running().forEach(Machine::close);
        completes(hosts.source(), Rewriter.NONE, FuturePeer.compatible(major, minor));
        hosts.oldHost.running().forEach(Machine::close);
        completes(hosts.source(), FuturePeer.compatible(major, minor), FuturePeer.compatible(major, minor));
    }

    @Test
    void aPeerThatSpeaksOnlyALaterVersionIsToldBothRanges() throws Exception {
        isRefused(FuturePeer.speaking(2, 0, 3, 1), Rewriter.NONE, "2.0 to 3.1", "1.0 to 1.0");
    }

    @Test
    void aDestinationThatSpeaksOnlyALaterVersionIsToldBothRanges() throws Exception {
        isRefused(Rewriter.NONE, FuturePeer.speaking(1, 1, 1, 7), "1.1 to 1.7", "1.0 to 1.0");
    }

    @ParameterizedTest
    @EnumSource(names = {"HELLO", "MANIFEST", "START", "PAGES", "ROUND", "SECTION", "FINISH"})
    void anUnknownMandatoryFrameOfASourceIsNamedAtBothEnds(FrameType before) throws Exception {
        isRefused(FuturePeer.inserting(before, MANDATORY), Rewriter.NONE, "'com.example.encrypted-pages'");
    }

    @ParameterizedTest
    @EnumSource(names = {"HELLO", "VERDICT", "READY", "ROUND_DONE", "LOADED"})
    void anUnknownMandatoryFrameOfADestinationIsNamedAtBothEnds(FrameType before) throws Exception {
        isRefused(Rewriter.NONE, FuturePeer.inserting(before, MANDATORY), "'com.example.encrypted-pages'");
    }

    @Test
    void aReservedMandatoryFrameIsNamedByItsNumber() throws Exception {
        isRefused(FuturePeer.inserting(FrameType.START, new RawFrame(22, 1, new byte[] {3, 'f', 'o', 'o'})), Rewriter.NONE,
            "unknown type 22");
    }

    /** A frame with one text replaced, wherever it stands. */
    private static UnaryOperator<RawFrame> replacing(FrameType type, Object text, Object other) {
        return frame -> frame.type() == type ? frame.with(Cbor.encode(replaced(frame.tree(), text, other))) : frame;
    }

    private static Object replaced(Object node, Object text, Object other) {
        return switch (node) {
            case Map<?, ?> map -> {
                var tree = new TreeMap<Object, Object>();
                map.forEach((key, value) -> tree.put(key, replaced(value, text, other)));
                yield tree;
            }
            case List<?> list -> list.stream().map(item -> replaced(item, text, other)).toList();
            default -> node.equals(text) ? other : node;
        };
    }

    @Test
    void aWordThatThisVersionDoesNotKnowIsNamedWithItsPlace() throws Exception {
        isRefused(FuturePeer.with(replacing(FrameType.MANIFEST, "ignorable-if-default", "ignorable-on-tuesdays")), Rewriter.NONE,
            "MANIFEST.sections[3].schema.fields[1].criticality", "ignorable-on-tuesdays");
        isRefused(FuturePeer.with(replacing(FrameType.MANIFEST, "bytes", "f64")), Rewriter.NONE,
            "MANIFEST.sections[4].schema.fields[1].type", "'f64'");
        isRefused(FuturePeer.with(replacing(FrameType.MANIFEST, "bytes", Map.of("map", "i64"))), Rewriter.NONE,
            "MANIFEST.sections[4].schema.fields[1].type");
        isRefused(Rewriter.NONE, FuturePeer.with(replacing(FrameType.VERDICT, "OK-IF", "OK-PROBABLY")), "VERDICT",
            "'OK-PROBABLY'");
        isRefused(FuturePeer.with(replacing(FrameType.HELLO, "preferred", "desired")), Rewriter.NONE, "need", "'desired'");
    }

    private static UnaryOperator<RawFrame> requiring(String capability, Map<String, Object> parameters) {
        return frame -> {
            if (frame.type() != FrameType.HELLO) {
                return frame;
            }
            var all = new TreeMap<String, Object>();
            ((Map<?, ?>) ((Map<?, ?>) frame.tree()).get("capabilities")).forEach((name, offer) -> all.put((String) name, offer));
            all.put(capability, Map.of("need", "required", "parameters", parameters));
            return frame.with(Cbor.encode(Map.of("capabilities", all)));
        };
    }

    @Test
    void aRequiredCapabilityThatIsNotThereIsNamed() throws Exception {
        var requiring = requiring("com.example.encryption", Map.of("cipher", List.of("aes-256")));
        FakeMachine source = hosts.source();
        for (boolean ofSource : new boolean[] {true, false}) {
            MigrationStatus status = migrate(source, ofSource ? FuturePeer.with(requiring) : Rewriter.NONE,
                ofSource ? Rewriter.NONE : FuturePeer.with(requiring));
            assertEquals(Phase.FAILED, status.phase());
            assertTrue(status.reasons().toString().contains("com.example.encryption"), status.reasons().toString());
            assertTrue(hosts.failed().toString().contains("com.example.encryption"));
        }
        source.close();
        isRefused(FuturePeer.with(requiring("section-digest", Map.of("algorithm", List.of("sha-3")))), Rewriter.NONE,
            "section-digest");
    }

    /** Without the capability on either side, a page of zeroes is a page. */
    @Test
    void withoutTheCapabilityNoRangeOfZeroesIsSent() throws Exception {
        UnaryOperator<RawFrame> without = replacingCapabilities("zero-pages");
        completes(hosts.source(), FuturePeer.with(without), FuturePeer.with(without));
        hosts.oldHost.running().forEach(Machine::close);
        isRefused(FuturePeer.with(without), Rewriter.NONE, "zero-pages");
    }

    private static UnaryOperator<RawFrame> replacingCapabilities(String removed) {
        return frame -> {
            if (frame.type() != FrameType.HELLO) {
                return frame;
            }
            var all = new TreeMap<String, Object>();
            ((Map<?, ?>) ((Map<?, ?>) frame.tree()).get("capabilities")).forEach((name, offer) -> all.put((String) name, offer));
            all.remove(removed);
            return frame.with(Cbor.encode(Map.of("capabilities", all)));
        };
    }

    private FakeMachine with(FakePart part) {
        FakeMachine source = hosts.source();
        source.replace(part);
        return source;
    }

    private static FakePart timer(long hint, List<Long> alarms, long drift) {
        return FakePart.holding("/timer@0", "9.0.0", StateType.of("timer", FutureTimer.class),
            new FutureTimer(7, 0, hint, alarms, drift));
    }

    @Test
    void fieldsOfTheFutureCrossOrDoNotAsTheirCriticalitySays() throws Exception {
        FakeMachine source = with(timer(77, List.of(), 0));
        MigrationStatus status = migrate(source, Rewriter.NONE, Rewriter.NONE);
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        assertEquals(Outcome.OK_IF, status.verdict().outcome());
        assertEquals(List.of("systemTime", "hint", "alarms", "drift"), status.verdict().sections().stream()
            .filter(section -> section.type().equals("timer")).findFirst().orElseThrow().dropped().stream()
            .map(dropped -> dropped.field()).toList());
        assertEquals(List.of("systemTime", "alarms", "drift"),
            status.verdict().conditions().stream().map(condition -> condition.field()).toList());
    }

    @Test
    void aFieldOfTheFutureThatIsInUseBlocks() throws Exception {
        for (FakePart part : List.of(timer(5, List.of(1L), 0), timer(5, List.of(), 3),
                FakePart.holding("/timer@0", "9.0.0", StateType.of("timer", NeedyTimer.class), new NeedyTimer(7, 8)))) {
            FakeMachine source = with(part);
            MigrationStatus status = migrate(source, Rewriter.NONE, Rewriter.NONE);
            assertEquals(Outcome.BLOCKED, status.verdict().outcome());
            assertEquals(1, status.reasons().size());
            assertTrue(List.of("alarms", "drift", "epoch").contains(status.reasons().getFirst().item()),
                status.reasons().toString());
            assertEquals(Machine.Phase.RUNNING, source.phase());
            source.close();
        }
    }

    @Test
    void aSectionOfAThirdPartyIsBlockedByTheNameOfItsType() throws Exception {
        FakeMachine source = with(FakePart.holding("/example-gpu@0", "1.0.0", StateType.of("example-gpu", Gpu.class),
            new Gpu(1)));
        MigrationStatus status = migrate(source, Rewriter.NONE, Rewriter.NONE);
        assertEquals(Outcome.BLOCKED, status.verdict().outcome());
        assertEquals("/example-gpu@0", status.reasons().getFirst().subject());
        assertTrue(status.reasons().getFirst().cause().contains("nothing of type example-gpu"), status.reasons().toString());
        assertEquals(Machine.Phase.RUNNING, source.phase());
    }

    @Test
    void nothingButHelloMayComeFirst() throws Exception {
        isRefused(FuturePeer.inserting(FrameType.HELLO, RawFrame.named(0x8001, 0, "com.example.hint")), Rewriter.NONE,
            "'com.example.hint' (type 32769) where HELLO has its place");
        var keepalive = new RawFrame(FrameType.KEEPALIVE.code(), 0, new byte[0]);
        isRefused(FuturePeer.inserting(FrameType.HELLO, keepalive), Rewriter.NONE, "KEEPALIVE where HELLO has its place");
        isRefused(Rewriter.NONE, FuturePeer.inserting(FrameType.HELLO, keepalive), "KEEPALIVE where HELLO has its place");
    }

    @Test
    void aDestinationCannotCancel() throws Exception {
        FakeMachine source = hosts.source();
        MigrationStatus status = migrate(source, Rewriter.NONE,
            FuturePeer.inserting(FrameType.READY, RawFrame.of(FrameType.CANCEL, Map.of())));
        assertEquals(Phase.FAILED, status.phase());
        assertTrue(status.reasons().toString().contains("CANCEL"), status.reasons().toString());
        assertEquals(Machine.Phase.RUNNING, source.phase());
    }

    @Test
    void roundsAreCountedByBothSides() throws Exception {
        isRefused(FuturePeer.with(replacing(FrameType.ROUND, 1L, 2L)), Rewriter.NONE, "round 2 instead of 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"START", "READY"})
    void aMessageWithoutContentIsAMapAllTheSame(FrameType type) throws Exception {
        var list = FuturePeer.with(frame -> frame.type() == type ? frame.with(Cbor.encode(List.of())) : frame);
        isRefused(type == FrameType.START ? list : Rewriter.NONE, type == FrameType.START ? Rewriter.NONE : list,
            type + " is not a map");
    }

    @Test
    void anExtensionThatTheManifestDoesNotHaveIsRefused() throws Exception {
        isRefused(FuturePeer.with(frame -> {
            if (frame.type() != FrameType.SECTION) {
                return frame;
            }
            var tree = new TreeMap<String, Object>();
            ((Map<?, ?>) frame.tree()).forEach((key, value) -> tree.put((String) key, value));
            tree.put("extensions", List.of("com.example.drift"));
            return frame.with(Cbor.encode(tree));
        }), Rewriter.NONE, "that its manifest does not announce");
    }

    private Path saved() throws Exception {
        Path file = folder.resolve("guest.sterna");
        FakeMachine machine = hosts.newHost.running("saved", 4 << 20);
        machine.memory().fill(machine.memory().base() + (1 << 20), 1 << 20, (byte) 7);
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(machine, file, STOP)).phase());
        machine.close();
        return file;
    }

    private Path rewritten(Path file, FuturePeer peer) throws Exception {
        byte[] original = Files.readAllBytes(file);
        var layout = new MachineFileLayout(original);
        Path other = folder.resolve("future.sterna");
        Files.write(other, layout.rewritten(peer.preamble(Arrays.copyOf(original, 64)), peer::frames));
        return other;
    }

    @Test
    void aFileOfALaterVersionThatThisOneCanReadIsRestoredAndInspected() throws Exception {
        Path file = saved();
        Path future = rewritten(file, FuturePeer.compatible(2, 3));
        String before = ((FakeMachine) hosts.newMigrations.restore(file, "before", Map.of())).memoryAtStart;
        hosts.newHost.running().forEach(Machine::close);
        FakeMachine back = (FakeMachine) hosts.newMigrations.restore(future, "back", Map.of());
        assertEquals(before, back.memoryAtStart);
        assertEquals(Machine.Phase.RUNNING, back.phase());
        Inspection inspection = hosts.newMigrations.inspect(future);
        assertTrue(inspection.whole());
        assertTrue(inspection.frames().keySet().stream().anyMatch(name -> name.contains("com.example.hint")),
            inspection.frames().toString());
        assertEquals(hosts.newMigrations.inspect(file).sections().size(), inspection.sections().size());
    }

    @Test
    void aFileThatNeedsALaterVersionIsRefusedWithBothRanges() throws Exception {
        Path future = rewritten(saved(), FuturePeer.speaking(1, 1, 2, 0));
        for (var read : List.<org.junit.jupiter.api.function.Executable>of(
                () -> hosts.newMigrations.restore(future, "back", Map.of()), () -> hosts.newMigrations.inspect(future))) {
            String message = assertThrows(MachineException.class, read).getMessage();
            assertTrue(message.contains("1.1 to 2.0") && message.contains("this side reads 1.0"), message);
        }
    }

    @Test
    void aFileThatRequiresAnUnknownCapabilityIsNotRestored() throws Exception {
        Path future = rewritten(saved(), FuturePeer.with(requiring("com.example.zstd", Map.of())));
        var refused = assertThrows(MachineException.class, () -> hosts.newMigrations.restore(future, "back", Map.of()));
        assertTrue(refused.getMessage().contains("com.example.zstd"), refused.getMessage());
        assertTrue(hosts.newHost.running().isEmpty());
        // What it is can be seen all the same.
        assertEquals(5, hosts.newMigrations.inspect(future).sections().size());
    }

    @Test
    void anUnknownMandatoryFrameInAFileIsNamedBeforeTheGuestRuns() throws Exception {
        for (FrameType before : List.of(FrameType.MANIFEST, FrameType.SECTION, FrameType.INDEX, FrameType.END)) {
            Path future = rewritten(saved(), FuturePeer.inserting(before, MANDATORY));
            var names = new ArrayList<>(hosts.newMigrations.inspect(future).frames().keySet());
            assertTrue(names.toString().contains("'com.example.encrypted-pages'"), names.toString());
            var refused = assertThrows(MachineException.class,
                () -> hosts.newMigrations.restore(future, "back", Map.of()));
            assertTrue(refused.getMessage().contains("'com.example.encrypted-pages'"), refused.getMessage());
            assertTrue(hosts.newHost.running().isEmpty());
        }
    }
}
