package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Negotiation;
import org.sterna.migration.internal.negotiation.Reader;

/**
 * The test vectors of the specification are what this implementation sends, and it reacts to each as they say. With
 * {@code -Dsterna.vectors.write=true} they are written anew.
 */
class VectorsTest {
    private static final Path FILE = Path.of("../docs/spec/vectors/messages.txt");
    private static final String HEADER = """
        # Test vectors of the Sterna migration protocol 1.0 (specification: ../migration-protocol.md).
        # Each vector is what a side gets where a message of its kind has its place; the region "ram" has 16 pages of 4096 bytes.
        # reaction: accept; skip (and go on as if it had not come); refuse (end the conversation with a reason that names this).

        """;
    private static final StateType<Old> OLD = StateType.of("pvclock", Old.class);
    private static final StateType<New> NEW = StateType.of("pvclock", New.class);

    record Old(@Field(1) long clock) {
    }

    record New(@Field(1) long clock, @Field(id = 2, since = 2) @Default("0") long systemTime,
            @Field(id = 3, since = 2) @Default("0") long wallClock) {
    }

    private static Manifest manifest() {
        var first = new AbiVersion(1, 0);
        var abi = new AbiDocument("virt-1.0", 65536, 1, new PartAbi("virt", first, 0, new TreeMap<>()),
            new PartAbi("riscv64", first, 0, new TreeMap<>()),
            new TreeMap<>(Map.of("/pvclock@0", new PartAbi("pvclock", first, 0, new TreeMap<>()))));
        return new Manifest("guest", abi, List.of(new Manifest.Section("/pvclock@0", "pvclock", "1.1.0", NEW.schema(),
            new TreeSet<>(), Set.of(), Set.of())),
            List.of(new Manifest.Region(Manifest.Region.RAM, 0x8000_0000L, 65536, 4096)), Map.of(), Set.of());
    }

    private static byte[] verdict() {
        return Answers.encode(Negotiation.answer(manifest(), new Reader() {
            @Override
            public List<InstalledTranslator<?, ?>> translators(String type) {
                return List.of();
            }

            @Override
            public List<Reason> obstacles(Manifest asked) {
                return List.of();
            }

            @Override
            public java.util.Optional<Part> part(AbiDocument abi, Manifest.Section section) {
                return java.util.Optional.of(new Part(OLD.schema(), "1.0.0", Set.of()));
            }
        }));
    }

    private static byte[] translated() {
        var section = new Verdict.Section("/pvclock@0", "pvclock", 2, 3, "1.1.0", "2.0.0", Verdict.Outcome.OK, List.of(),
            List.of(), "com.example.pvclock-translator 1.0.0");
        var plan = new Answer.Plan(new TreeSet<>(), new TreeSet<>(), java.util.Optional.empty());
        return Answers.encode(new Answer(new Verdict(Verdict.Outcome.OK, List.of(section), List.of(), List.of()),
            new TreeMap<>(Map.of("/pvclock@0", plan))));
    }

    private static byte[] frame(int code, int flags, byte[] payload) {
        ByteBuf frame = Unpooled.buffer().writeZero(Frame.HEADER).writeBytes(payload);
        Frame.seal(code, flags, frame);
        byte[] bytes = new byte[frame.readableBytes()];
        frame.readBytes(bytes);
        return bytes;
    }

    private static byte[] flipped(byte[] bytes, int at) {
        byte[] damaged = bytes.clone();
        damaged[at] ^= 1;
        return damaged;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    /** Collects vectors. */
    private static final class Builder {
        private final List<Vector> vectors = new ArrayList<>();

        void good(String name, String meaning, FrameType type, byte[] payload) {
            vectors.add(new Vector(name, meaning, "frame", frame(type.code(), type.flags(), payload), diagnostic(payload), "accept"));
        }

        void bad(String name, String meaning, FrameType type, byte[] payload, String reason) {
            vectors.add(new Vector(name, meaning, "frame", frame(type.code(), 1, payload), "", "refuse " + reason));
        }

        void raw(String name, String meaning, String kind, byte[] bytes, String reaction) {
            vectors.add(new Vector(name, meaning, kind, bytes, "", reaction));
        }

        private static String diagnostic(byte[] payload) {
            try {
                return payload.length == 0 ? "" : Diagnostic.of(Cbor.decode(payload));
            } catch (CborException e) {
                return "";
            }
        }
    }

    private static byte[] pages(String ranges, int dataPages) {
        byte[] head = hex(ranges);
        byte[] payload = Arrays.copyOf(head, head.length + dataPages * 4096);
        Arrays.fill(payload, head.length, payload.length, (byte) 0xa5);
        return payload;
    }

    /** What this implementation says the vectors are. */
    private static List<Vector> vectors() {
        var all = new Builder();
        byte[] preamble = new byte[Preamble.SIZE];
        Preamble.socket(Preamble.Role.SOURCE).encode().readBytes(preamble);
        all.raw("preamble", "a source on a socket, protocol 1.0", "preamble", preamble, "accept");
        all.raw("preamble-magic", "the third byte of the magic is another", "preamble", flipped(preamble, 2), "refuse first bytes");
        all.raw("preamble-text-mode", "a transfer has changed the line end in the magic", "preamble",
            hex("895354524e0a1a" + "00".repeat(57)), "refuse first bytes");
        all.raw("preamble-damaged", "a bit of the producer has flipped", "preamble", flipped(preamble, 20), "refuse damaged");

        all.good("hello", "the capabilities of this implementation", FrameType.HELLO, Capabilities.OURS.encode());
        all.good("hello-unknown-preferred", "a third party's capability that is only preferred", FrameType.HELLO, Cbor.encode(
            Map.of("capabilities", with(Capabilities.OURS.encode(), "com.example.zstd", "preferred"))));
        all.bad("hello-unknown-required", "a third party's capability that is required", FrameType.HELLO, Cbor.encode(
            Map.of("capabilities", with(Capabilities.OURS.encode(), "com.example.zstd", "required"))), "com.example.zstd");
        all.bad("hello-without-pages", "a peer that lacks the required bulk-pages", FrameType.HELLO,
            Cbor.encode(Map.of("capabilities", Map.of())), "bulk-pages");
        all.good("manifest", "a machine with one device, pvclock 1.1.0, whose fix is not in use", FrameType.MANIFEST,
            Manifests.encode(manifest()));
        all.bad("manifest-empty", "a manifest without anything", FrameType.MANIFEST, Messages.EMPTY, "is missing");
        all.good("verdict", "the answer of a host that has pvclock 1.0.0: OK-IF", FrameType.VERDICT, verdict());
        all.good("verdict-translated", "the answer of a host that has pvclock 2.0.0 and a translator: OK", FrameType.VERDICT,
            translated());
        all.good("start", "the source goes ahead", FrameType.START, Messages.EMPTY);
        all.good("ready", "the destination has memory for pages", FrameType.READY, Messages.EMPTY);
        all.raw("pages", "page 1 with data, pages 4 to 9 zero", "frame", frame(6, 1, pages(
            "0000 0002 00000000  0000000000000001 00000001 00000000  0000000000000004 00000006 00000001", 1)), "accept");
        all.raw("pages-outside", "page 16 of 16", "frame", frame(6, 1, pages(
            "0000 0001 00000000  0000000000000010 00000001 00000001", 0)), "refuse PAGES");
        all.raw("pages-too-many", "4294967295 pages from page 1", "frame", frame(6, 1, pages(
            "0000 0001 00000000  0000000000000001 ffffffff 00000001", 0)), "refuse PAGES");
        all.raw("pages-none", "a range of no pages", "frame", frame(6, 1, pages(
            "0000 0001 00000000  0000000000000001 00000000 00000001", 0)), "refuse PAGES");
        all.raw("pages-without-ranges", "no range", "frame", frame(6, 1, hex("0000 0000 00000000")), "refuse PAGES");
        all.raw("pages-short", "a range of two pages with the data of one", "frame", frame(6, 1, pages(
            "0000 0001 00000000  0000000000000001 00000002 00000000", 1)), "refuse PAGES");
        all.raw("pages-long", "a range of one page with the data of two", "frame", frame(6, 1, pages(
            "0000 0001 00000000  0000000000000001 00000001 00000000", 2)), "refuse PAGES");
        all.raw("pages-kind", "a kind that there is not", "frame", frame(6, 1, pages(
            "0000 0001 00000000  0000000000000001 00000001 00000002", 0)), "refuse PAGES");
        all.raw("pages-damaged", "a bit of a page has flipped", "frame", flipped(frame(6, 1, pages(
            "0000 0001 00000000  0000000000000001 00000001 00000000", 1)), 100), "refuse checksum");
        all.good("round", "the first round of pre-copy is over", FrameType.ROUND, new Messages.Round(1).encode());
        all.good("round-done", "its pages are in memory", FrameType.ROUND_DONE, new Messages.Round(1).encode());
        all.bad("round-zero", "rounds count from 1", FrameType.ROUND, new Messages.Round(0).encode(), "round");
        byte[] state = Cbor.encode(new TreeMap<>(Map.of(1L, 1_000_000_007L)));
        all.good("section", "the state of pvclock without fields 2 and 3, as the verdict says", FrameType.SECTION,
            new Messages.Section("/pvclock@0", "pvclock", 2, Set.of(), state).encode());
        byte[] section = new Messages.Section("/pvclock@0", "pvclock", 2, Set.of(), state).encode();
        all.bad("section-digest", "the digest of the data is wrong", FrameType.SECTION,
            replaced(section, "sha-256", new byte[32]), "damaged section");
        all.bad("section-size", "the size of the data is wrong", FrameType.SECTION, replaced(section, "size", 99L), "damaged section");
        var bulk = new Messages.Bulk(1, 1, 15, 0xdeadbeefL);
        all.good("finish", "all has been sent; the guest ran", FrameType.FINISH, new Messages.Finish(bulk, 1, true).encode());
        all.bad("finish-negative", "a count below 0", FrameType.FINISH, replaced(new Messages.Finish(bulk, 1, true).encode(),
            "sections", -1L), "sections");
        all.good("loaded", "all has been restored", FrameType.LOADED, new Messages.Loaded(bulk,
            new TreeMap<>(Map.of("/pvclock@0", Messages.digest(state)))).encode());
        all.good("commit", "the destination owns the guest from now on", FrameType.COMMIT, Messages.EMPTY);
        all.good("taken", "it knows", FrameType.TAKEN, Messages.EMPTY);
        all.good("running", "the guest runs", FrameType.RUNNING, new Messages.Running(true, 1_795_000_000_000_000_000L).encode());
        all.good("bye", "the source only wanted the verdict", FrameType.BYE, Messages.EMPTY);
        all.good("cancel", "the operator gave it up", FrameType.CANCEL, Messages.EMPTY);
        all.good("error", "the end, with a reason", FrameType.ERROR, Messages.encodeError(List.of(
            new Reason("/virtio-blk@0", "drive", "disk.img does not exist", "map another with --map /virtio-blk@0.drive=FILE"))));
        all.good("keepalive", "a sign of life", FrameType.KEEPALIVE, new byte[0]);

        byte[] start = frame(4, 1, Messages.EMPTY);
        all.raw("header-damaged", "a bit of the header has flipped", "frame", flipped(start, 1), "refuse header");
        all.raw("payload-damaged", "a bit of the payload has flipped", "frame", flipped(start, 16), "refuse checksum");
        all.raw("too-long", "a START that claims 4097 bytes; it must be refused before they come", "frame",
            Arrays.copyOf(frame(4, 1, new byte[4097]), 16), "refuse limit");
        all.raw("unknown-optional", "a frame of a later version without MANDATORY", "frame",
            frame(0x100, 0, hex("03 666f6f 01")), "skip");
        all.raw("unknown-mandatory", "a third party's frame with MANDATORY", "frame",
            frame(0x8000, 1, concat(hex("0f"), "com.example.foo".getBytes(StandardCharsets.US_ASCII))), "refuse com.example.foo");
        all.raw("file-only", "an INDEX on a line", "frame", frame(20, 1, Messages.EMPTY), "refuse INDEX");

        String[][] malformed = {
            {"indefinite", "a map of indefinite length", "bf ff"},
            {"long-integer", "the number 1 in two bytes", "a1 65 726f756e64 18 01"},
            {"key-order", "keys that are not in their order", "a2 61 62 01 61 61 02"},
            {"key-twice", "the same key twice", "a2 61 61 01 61 61 02"},
            {"float", "a floating-point number", "a1 65 726f756e64 f9 3c00"},
            {"tag", "a tag", "a1 65 726f756e64 c1 01"},
            {"null", "null", "a1 65 726f756e64 f6"},
            {"cut", "a map that ends before its value", "a1 65 726f756e64"},
            {"trailing", "something after the item", "a1 65 726f756e64 01 00"},
            {"deep", "lists nested 40 deep", "a1 65 726f756e64" + "81".repeat(40) + "01"},
            {"huge-length", "a text that claims 2^32 bytes", "a1 65 726f756e64 7b 0000000100000000"},
            {"mixed-keys", "keys of two kinds", "a2 01 01 61 61 02"}};
        for (String[] each : malformed) {
            all.bad("cbor-" + each[0], each[1], FrameType.ROUND, hex(each[2]), "ROUND");
        }
        return all.vectors;
    }

    private static Map<String, Object> with(byte[] hello, String capability, String need) {
        try {
            var offers = new TreeMap<String, Object>();
            ((Map<?, ?>) ((Map<?, ?>) Cbor.decode(hello)).get("capabilities")).forEach((name, offer) -> offers.put((String) name, offer));
            offers.put(capability, Map.of("need", need, "parameters", Map.of()));
            return offers;
        } catch (CborException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] replaced(byte[] message, String key, Object value) {
        try {
            var tree = new TreeMap<String, Object>();
            ((Map<?, ?>) Cbor.decode(message)).forEach((name, item) -> tree.put((String) name, item));
            tree.put(key, value);
            return Cbor.encode(tree);
        } catch (CborException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static String written() throws IOException {
        if (Boolean.getBoolean("sterna.vectors.write")) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, HEADER + String.join("\n", vectors().stream().map(Vector::text).toList()));
        }
        return Files.readString(FILE);
    }

    @Test
    void theSpecificationHasTheMessagesOfThisImplementation() throws IOException {
        List<Vector> written = Vector.read(written());
        assertEquals(vectors().stream().map(Vector::text).toList(), written.stream().map(Vector::text).toList());
    }

    /** For each vector of the file, which somebody else may have added. */
    @TestFactory
    Stream<DynamicTest> thisImplementationReactsAsTheSpecificationSays() throws IOException {
        return Vector.read(written()).stream().map(vector -> DynamicTest.dynamicTest(vector.name(), () -> react(vector)));
    }

    private static void react(Vector vector) throws Failure {
        var peer = new Peer();
        if (vector.kind().equals("frame")) {
            byte[] preamble = new byte[Preamble.SIZE];
            Preamble.socket(Preamble.Role.SOURCE).encode().readBytes(preamble);
            assertEquals(1, peer.take(preamble).size());
        }
        List<Object> came = peer.take(vector.bytes());
        assertEquals(1, came.size(), came.toString());
        Object what = came.getFirst();
        if (what instanceof Frame frame) {
            try {
                Peer.decode(frame);
            } catch (Failure refused) {
                what = refused;
            }
        }
        if (vector.reaction().startsWith("refuse ")) {
            Failure refused = assertInstanceOf(Failure.class, what);
            assertEquals(1, refused.reasons().size());
            assertTrue(refused.getMessage().contains(vector.reaction().substring(7)), refused.getMessage());
            return;
        }
        switch (what) {
            case Frame frame -> {
                assertEquals(vector.reaction().equals("skip"), frame.type() == null);
                assertTrue(frame.type() != null || (frame.flags() & FrameType.MANDATORY) == 0);
            }
            case Preamble preamble -> assertEquals("accept", vector.reaction());
            default -> throw new AssertionError(what);
        }
        if (!vector.diagnostic().isEmpty()) {
            byte[] payload = Arrays.copyOfRange(vector.bytes(), Frame.HEADER, vector.bytes().length);
            try {
                assertEquals(vector.diagnostic(), Diagnostic.of(Cbor.decode(payload)));
                assertArrayEquals(payload, Cbor.encode(Cbor.decode(payload)));
            } catch (CborException e) {
                throw new AssertionError(e);
            }
        }
    }
}
