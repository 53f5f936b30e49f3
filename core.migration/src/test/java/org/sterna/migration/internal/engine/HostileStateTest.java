package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.internal.engine.RewritingProxy.Rewriter;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;

/** States that nobody's part would give, in sections whose digests are right, are refused with words that say which. */
class HostileStateTest {
    @TempDir
    Path folder;

    static Stream<Arguments> states() {
        return Stream.of(
            change("/clock", state -> state.put(1L, -5L), "time is -5 ns"),
            change("/clock", state -> state.put(1L, Long.MAX_VALUE), "time is 9223372036854775807 ns"),
            change("/clock", state -> state.put(2L, Long.MAX_VALUE), "blackout is 9223372036854775807 ns"),
            change("/clock", state -> state.remove(2L), "blackout"),
            change("/disk@0", state -> state.put(1L, List.of("text")), "queue"),
            change("/disk@0", state -> state.put(1L, Map.of("text", 1L)), "that is not a map of field ids"),
            change("/disk@0", state -> state.put(1L, List.of(List.of(Map.of("text", 1L)))), "that is not a map of field ids"),
            change("/disk@0", state -> state.put(1L << 40, 1L), "that is not a map of field ids"),
            change("/disk@0", state -> state.put(0L, 1L), "that is not a map of field ids"),
            change("/disk@0", state -> state.put(99L, 1L), "does not fit its schema: 99: there is no such field"),
            change("/disk@0", state -> state.remove(1L), "is missing"));
    }

    private static Arguments change(String path, Consumer<Map<Long, Object>> change, String words) {
        return Arguments.of(path, change, words);
    }

    private static RawFrame rewritten(RawFrame frame, String path, Consumer<Map<Long, Object>> change) {
        if (frame.type() != FrameType.SECTION || !((Map<?, ?>) frame.tree()).get("path").equals(path)) {
            return frame;
        }
        try {
            var section = (Map<?, ?>) frame.tree();
            var state = new TreeMap<Long, Object>();
            ((Map<?, ?>) Cbor.decode((byte[]) section.get("data"))).forEach((id, value) -> state.put((Long) id, value));
            change.accept(state);
            return frame.with(new Messages.Section(path, (String) section.get("type"), ((Long) section.get("version")).intValue(),
                java.util.Set.of(), Cbor.encode(state)).encode());
        } catch (CborException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("states")
    void fromASource(String path, Consumer<Map<Long, Object>> change, String words) throws Exception {
        try (var hosts = new TwoHosts(); var receiver = hosts.receive(TwoHosts.ANY_PORT); var proxy = new RewritingProxy(
                receiver.endpoint(), FuturePeer.with(frame -> rewritten(frame, path, change)), Rewriter.NONE)) {
            FakeMachine source = hosts.source();
            var status = TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(Phase.FAILED, status.phase());
            isSaid(status.reasons().toString(), path, words);
            assertEquals(1, status.reasons().size());
            assertEquals(Machine.Phase.RUNNING, source.phase());
        }
    }

    @ParameterizedTest
    @MethodSource("states")
    void fromAFile(String path, Consumer<Map<Long, Object>> change, String words) throws Exception {
        try (var hosts = new TwoHosts()) {
            Path file = folder.resolve("guest.sterna");
            FakeMachine machine = hosts.newHost.running("saved", 1 << 20);
            var stop = new SnapshotOptions(Duration.ofMillis(300), 0, true);
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(machine, file, stop)).phase());
            machine.close();
            Files.write(file, new MachineFileLayout(Files.readAllBytes(file))
                .rewritten(null, frame -> List.of(rewritten(frame, path, change))));
            var refused = assertThrows(MachineException.class, () -> hosts.newMigrations.restore(file, "back", Map.of()));
            isSaid(refused.getMessage(), path, words);
            assertTrue(hosts.newHost.running().isEmpty());
            // Whoever only wants to see what is in the file sees this too.
            assertEquals(5, hosts.newMigrations.inspect(file).sections().size());
        }
    }

    private static void isSaid(String message, String path, String words) {
        assertTrue(message.contains(path) && message.contains(words), message);
        assertFalse(message.contains("Exception"), message);
    }
}
