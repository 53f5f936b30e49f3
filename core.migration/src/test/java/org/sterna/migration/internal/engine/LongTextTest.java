package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;

/** Machines with texts so long that Sterna 1.0 and 1.1 wrote them in a form of their own (specification, section 2). */
class LongTextTest {
    /** Longer than two chunks, with a surrogate pair where the first would end. */
    private static final String TEXT = "x".repeat(3995) + "\ud83d\udc26" + "y".repeat(6000);
    private static final long MEMORY = 1 << 20;

    @TempDir
    Path folder;
    private final TwoHosts hosts = new TwoHosts();
    private final List<RawFrame> fromSource = new CopyOnWriteArrayList<>();
    private final List<RawFrame> fromDestination = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        hosts.close();
    }

    /** Writes down what passes, and has each side take the other for one with a producer of its own. */
    private record Recorder(String producer, List<RawFrame> passed) implements RewritingProxy.Rewriter {
        @Override
        public byte[] preamble(byte[] preamble) {
            return producer.isEmpty() ? preamble : producedBy(preamble, producer);
        }

        @Override
        public List<byte[]> frame(RawFrame frame) {
            passed.add(frame);
            return List.of(frame.bytes());
        }
    }

    private static byte[] producedBy(byte[] preamble, String producer) {
        byte[] other = preamble.clone();
        byte[] name = producer.getBytes(StandardCharsets.UTF_8);
        Arrays.fill(other, 19, 60, (byte) 0);
        other[18] = (byte) name.length;
        System.arraycopy(name, 0, other, 19, name.length);
        var crc = new CRC32C();
        crc.update(other, 0, 60);
        ByteBuffer.wrap(other).putInt(60, (int) crc.getValue());
        return other;
    }

    private RewritingProxy proxy(org.sterna.migration.Endpoint target, String producer) throws Exception {
        return new RewritingProxy(target, new Recorder(producer, fromSource), new Recorder(producer, fromDestination));
    }

    private List<RawFrame> all() {
        var all = new ArrayList<>(fromSource);
        all.addAll(fromDestination);
        return all;
    }

    private static byte[] data(RawFrame section) {
        return (byte[]) ((Map<?, ?>) section.tree()).get("data");
    }

    private RawFrame section(String path) {
        return fromSource.stream().filter(frame -> frame.type() == FrameType.SECTION
            && path.equals(((Map<?, ?>) frame.tree()).get("path"))).findFirst().orElseThrow();
    }

    private FakeMachine migrated(String producer) throws Exception {
        FakeMachine source = hosts.newHost.runningLabelled("guest", MEMORY, TEXT);
        try (var receiver = hosts.receive(TwoHosts.ANY_PORT); var proxy = proxy(receiver.endpoint(), producer)) {
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        }
        FakeMachine there = hosts.arrived();
        assertEquals(TEXT, there.part("/label@0").state().get(1L));
        assertEquals(source.abi(), there.abi());
        return there;
    }

    @Test
    void everyMessageIsInDeterministicCbor() throws Exception {
        migrated("");
        for (RawFrame frame : all()) {
            if (frame.isCbor()) {
                assertArrayEquals(Cbor.encode(frame.tree()), frame.payload(), frame.toString());
            }
        }
        byte[] data = data(section("/label@0"));
        assertArrayEquals(Cbor.encode(Map.of(1L, TEXT)), data);
        var loaded = fromDestination.stream().filter(frame -> frame.type() == FrameType.LOADED).findFirst().orElseThrow();
        assertArrayEquals(Messages.digest(data), (byte[]) ((Map<?, ?>) ((Map<?, ?>) loaded.tree()).get("digests")).get("/label@0"));
    }

    @Test
    void aPeerOfTheFirstReleasesGetsWhatItCanReadAndComparesDigestsOfThat() throws Exception {
        migrated("Sterna");
        boolean chunked = false;
        for (RawFrame frame : all()) {
            if (frame.isCbor()) {
                assertArrayEquals(Cbor.encodeWithChunkedTexts(frame.tree()), frame.payload(), frame.toString());
                chunked |= !Arrays.equals(Cbor.encode(frame.tree()), frame.payload());
            }
        }
        assertTrue(chunked);
        byte[] data = data(section("/label@0"));
        assertArrayEquals(Cbor.encodeWithChunkedTexts(Map.of(1L, TEXT)), data);
        var loaded = fromDestination.stream().filter(frame -> frame.type() == FrameType.LOADED).findFirst().orElseThrow();
        assertArrayEquals(Messages.digest(data), (byte[]) ((Map<?, ?>) ((Map<?, ?>) loaded.tree()).get("digests")).get("/label@0"));
    }

    /** Whoever has a name that only begins like theirs is no such peer. */
    @Test
    void nobodyElseGetsThatForm() throws Exception {
        migrated("Sterna 1.1.1");
        fromSource.stream().filter(RawFrame::isCbor)
            .forEach(frame -> assertArrayEquals(Cbor.encode(frame.tree()), frame.payload()));
    }

    /** The last words too. */
    @Test
    void anErrorIsInTheFormOfThePeer() throws Exception {
        FakeMachine source = hosts.newHost.runningLabelled("guest", MEMORY, TEXT);
        hosts.oldHost.onBuild = machine -> {
            machine.close();
            throw new MachineException(MachineException.Kind.FAILED, List.of(Reason.of("/label@0", TEXT, "")));
        };
        for (String producer : List.of("Sterna", "")) {
            fromDestination.clear();
            try (var receiver = hosts.receive(TwoHosts.ANY_PORT); var proxy = proxy(receiver.endpoint(), producer)) {
                MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(),
                    MigrationOptions.DEFAULT));
                assertEquals("the destination says: " + TEXT, status.reasons().getFirst().cause());
            }
            RawFrame error = fromDestination.stream().filter(frame -> frame.type() == FrameType.ERROR).findFirst().orElseThrow();
            assertArrayEquals(producer.isEmpty() ? Cbor.encode(error.tree()) : Cbor.encodeWithChunkedTexts(error.tree()),
                error.payload());
        }
    }

    private Path saved() throws Exception {
        Path file = folder.resolve("guest.sterna");
        FakeMachine machine = hosts.newHost.runningLabelled("guest", MEMORY, TEXT);
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        machine.close();
        return file;
    }

    @Test
    void aSnapshotIsInDeterministicCbor() throws Exception {
        for (RawFrame frame : new MachineFileLayout(Files.readAllBytes(saved())).frames()) {
            if (frame.isCbor()) {
                assertArrayEquals(Cbor.encode(frame.tree()), frame.payload(), frame.toString());
            }
        }
    }

    private static RawFrame asTheFirstReleases(RawFrame frame) {
        if (!frame.isCbor()) {
            return frame;
        }
        var tree = new TreeMap<String, Object>();
        ((Map<?, ?>) frame.tree()).forEach((key, value) -> tree.put((String) key, value));
        if (frame.type() == FrameType.SECTION) {
            try {
                byte[] data = Cbor.encodeWithChunkedTexts(Cbor.decode(data(frame)));
                tree.put("data", data);
                tree.put("size", (long) data.length);
                tree.put("sha-256", Messages.digest(data));
            } catch (org.sterna.machine.cbor.CborException e) {
                throw new AssertionError(e);
            }
        }
        return frame.with(Cbor.encodeWithChunkedTexts(tree));
    }

    @Test
    void aSnapshotOfTheFirstReleasesIsReadForEver() throws Exception {
        Path file = saved();
        byte[] own = Files.readAllBytes(file);
        byte[] old = new MachineFileLayout(own).rewritten(producedBy(Arrays.copyOf(own, 64), "Sterna"),
            frame -> List.of(asTheFirstReleases(frame)));
        assertFalse(Arrays.equals(own, old));
        Files.write(file, old);
        assertEquals("Sterna", hosts.newMigrations.inspect(file).producer());
        assertEquals(TEXT, hosts.newMigrations.inspect(file).sections().stream().filter(s -> s.path().equals("/label@0"))
            .findFirst().orElseThrow().fields().get("text"));
        assertEquals(Verdict.Outcome.OK, hosts.newMigrations.answer(hosts.newMigrations.declared(file), Map.of()).outcome());
        var back = (FakeMachine) hosts.newMigrations.restore(file, "back", Map.of());
        assertEquals(TEXT, back.part("/label@0").state().get(1L));
        assertEquals(Machine.Phase.RUNNING, back.phase());
    }
}
