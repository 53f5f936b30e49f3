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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.ContentIdentity;
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
import org.sterna.machine.time.ClockState;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.file.MachineFile;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.FieldPath;
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
        # kind: preamble (what a destination gets first on a line), frame (what a side gets where a message of its kind has its
        # place), file (a whole snapshot, for a reader that restores it). The region "ram" has 16 pages of 4096 bytes.
        # reaction: accept; skip (and go on as if it had not come); refuse (end the conversation, or do not restore the file,
        # with a reason that names this).

        """;
    private static final StateType<Old> OLD = StateType.of("pvclock", Old.class);
    private static final StateType<New> NEW = StateType.of("pvclock", New.class);

    record Old(@Field(1) long clock) {
    }

    record New(@Field(1) long clock, @Field(id = 2, since = 2) @Default("0") long systemTime,
            @Field(id = 3, since = 2) @Default("0") long wallClock) {
    }

    /** What only an example's board and processor have. */
    record Example(@Field(1) long value) {
    }

    private static final StateType<ClockState> CLOCK = StateType.of("clock", ClockState.class);
    private static final StateType<Example> BOARD = StateType.of("example-board", Example.class);
    private static final StateType<Example> CPU = StateType.of("example-cpu", Example.class);

    static Manifest manifest() {
        var first = new AbiVersion(1, 0);
        var abi = new AbiDocument("example-1.0", 65536, 1, new PartAbi("example-board", first, 0, new TreeMap<>()),
            new PartAbi("example-cpu", first, 0, new TreeMap<>()),
            new TreeMap<>(Map.of("/pvclock@0", new PartAbi("pvclock", first, 0, new TreeMap<>()))));
        return new Manifest("guest", abi, List.of(
            section("/clock", "1.2.0", CLOCK, Set.of()),
            section("/example-cpu@0", "1.0.0", CPU, Set.of("/clock")),
            section("/example-board", "1.0.0", BOARD, Set.of("/clock", "/example-cpu@0")),
            section("/pvclock@0", "1.1.0", NEW, Set.of("/example-board"))),
            List.of(new Manifest.Region(Manifest.Region.RAM, 0x8000_0000L, 65536, 4096)), Map.of(), Set.of());
    }

    private static Manifest.Section section(String path, String version, StateType<?> type, Set<String> after) {
        return new Manifest.Section(path, type.schema().type(), version, type.schema(), new TreeSet<>(), Set.of(),
            after);
    }

    /** The states of that machine. */
    private static TreeMap<String, SortedMap<Long, Object>> states() {
        return new TreeMap<>(Map.of("/clock", new TreeMap<>(Map.of(1L, 1_000_000_007L, 2L, 0L, 3L,
            1_795_000_000_000_000_000L)),
            "/example-cpu@0", new TreeMap<>(Map.of(1L, 0x8000_0000L)), "/example-board", new TreeMap<>(Map.of(1L, 5L)),
            "/pvclock@0", new TreeMap<>(Map.of(1L, 1_000_000_007L, 2L, 0L, 3L, 0L))));
    }

    /** A reader with some pvclock, and with all else as it is there. */
    private record Host(Optional<Reader.Part> pvclock) implements Reader {
        @Override
        public List<InstalledTranslator<?, ?>> translators(String type) {
            return List.of();
        }

        @Override
        public List<Reason> obstacles(Manifest asked) {
            return List.of();
        }

        @Override
        public Optional<Part> part(AbiDocument abi, Manifest.Section section) {
            return section.type().equals("pvclock") ? pvclock
                : Optional.of(new Part(section.schema(), section.version(), Set.of()));
        }
    }

    private static Answer answer() {
        return Negotiation.answer(manifest(), new Host(Optional.of(new Reader.Part(OLD.schema(), "1.0.0", Set.of()))));
    }

    static byte[] verdict() {
        return Answers.encode(answer());
    }

    /** An answer with another entry for pvclock. */
    private static byte[] answered(Verdict.Outcome outcome, Verdict.Section entry, Answer.Plan plan,
            List<Reason> reasons, List<Verdict.Condition> conditions, List<Verdict.Provision> provisions,
            List<Verdict.Loss> losses, List<Reason> remarks) {
        Answer whole = answer();
        var sections = whole.verdict().sections().stream().map(s -> s.path().equals(entry.path()) ? entry : s).toList();
        var plans = new TreeMap<>(whole.plans());
        plans.remove(entry.path());
        if (plan != null) {
            plans.put(entry.path(), plan);
        }
        return Answers.encode(new Answer(new Verdict(outcome, sections, reasons, conditions, provisions, losses,
            remarks), plans));
    }

    private static byte[] translated() {
        return answered(Verdict.Outcome.OK, new Verdict.Section("/pvclock@0", "pvclock", 2, 3, "1.1.0", "2.0.0",
            Verdict.Outcome.OK, List.of(), List.of(), "com.example.pvclock-translator 1.0.0"),
            new Answer.Plan(new TreeSet<>(), new TreeSet<>(),
            Optional.empty()), List.of(), List.of(), List.of(), List.of(), List.of());
    }

    /** The operator accepts the loss of a field in use, and the destination has something to remark. */
    private static byte[] lossy() {
        return answered(Verdict.Outcome.LOSSY_ACCEPTED, new Verdict.Section("/pvclock@0", "pvclock", 2, 1, "1.1.0",
            "1.0.0", Verdict.Outcome.LOSSY_ACCEPTED,
            List.of(new Verdict.Dropped("systemTime", "it is lost, which the operator accepts"),
                new Verdict.Dropped("wallClock", "it has its default, which says the same")), List.of(), ""),
            new Answer.Plan(new TreeSet<>(Set.of(new FieldPath(List.of(2)), new FieldPath(List.of(3)))),
            new TreeSet<>(),
                Optional.empty()), List.of(), List.of(new Verdict.Condition("/pvclock@0", "wallClock")), List.of(),
            List.of(new Verdict.Loss("/pvclock@0", "systemTime")),
            List.of(Reason.of("arrival", "this host's clock is 90 s ahead of the source's", "")));
    }

    private static byte[] provisioned() {
        return answered(Verdict.Outcome.BLOCKED, new Verdict.Section("/pvclock@0", "pvclock", 2, 0, "1.1.0", "",
            Verdict.Outcome.BLOCKED, List.of(), List.of(), ""), null, List.of(Reason.of("/pvclock@0",
            "no pvclock is installed there", "install a pvclock of ABI 1.0 there")), List.of(),
            List.of(new Verdict.Provision("/pvclock@0", "org.sterna.device.pvclock", "1.1.0", false)), List.of(),
            List.of());
    }

    /** The bytes of an answer that says no. */
    private static byte[] blocked() {
        return Answers.encode(Negotiation.answer(manifest(), new Host(Optional.empty())));
    }

    static byte[] frame(int code, int flags, byte[] payload) {
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

        void file(String name, String meaning, SnapshotBytes file, String reaction) {
            raw(name.isEmpty() ? "file" : "file-" + name, meaning, "file", file.build(), reaction);
        }

        void file(String name, String meaning, SnapshotBytes file, Consumer<SnapshotBytes> change, String reaction) {
            change.accept(file);
            file(name, meaning, file, reaction);
        }

        void finish(String name, String meaning, UnaryOperator<Messages.Bulk> bulk) {
            file("finish-" + name, meaning, snapshot(), file -> file.finish = finish -> new Messages.Finish(
                bulk.apply(finish.bulk()), finish.sections(), finish.running()), "refuse FINISH says");
        }

        /** The same content as earlier releases wrote it. */
        void chunked(String name, FrameType type, byte[] payload) {
            try {
                raw(name + "-chunked", "the same as Sterna 1.0 and 1.1 wrote it", "frame",
                    frame(type.code(), type.flags(), Cbor.encodeWithChunkedTexts(Cbor.decode(payload))), "accept");
            } catch (CborException e) {
                throw new AssertionError(e);
            }
        }

        void preamble(String name, String meaning, byte[] preamble, int at, String other, String reaction) {
            raw(name, meaning, "preamble", VectorsTest.preamble(preamble, at, hex(other)), reaction);
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
        all.raw("preamble-http", "somebody who speaks something else", "preamble",
            Arrays.copyOf("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII), 64), "refuse first bytes");
        all.preamble("preamble-future", "protocol 1.0 to 2.7, so the conversation is in 1.0", preamble, 14, "0002 0007",
            "accept");
        all.preamble("preamble-future-only", "protocol 2.0 to 2.7", preamble, 10, "0002 0000 0002 0007", "refuse 2.0 to 2.7");
        all.preamble("preamble-past-only", "protocol 0.1 to 0.9", preamble, 10, "0000 0001 0000 0009", "refuse 0.1 to 0.9");
        all.preamble("preamble-padding", "something in the padding, which is ignored", preamble, 58, "7878", "accept");
        all.preamble("preamble-producer", "a producer of 42 bytes", preamble, 18, "2a", "refuse damaged");
        all.preamble("preamble-medium", "a medium that there is not", preamble, 8, "03", "refuse damaged");
        all.preamble("preamble-role", "a role that there is not", preamble, 9, "00", "refuse damaged");
        all.preamble("preamble-own-role", "another destination", preamble, 9, "02", "refuse is a destination");
        all.preamble("preamble-file", "the beginning of a file", preamble, 8, "02", "refuse file's preamble");
        all.raw("preamble-damaged", "a bit of the producer has flipped", "preamble", flipped(preamble, 20), "refuse damaged");

        all.good("hello", "the capabilities of this implementation", FrameType.HELLO, Capabilities.OURS.encode());
        byte[] hello = new Hello(Capabilities.OURS, Optional.of(Instant.parse("2026-01-01T00:00:00Z"))).encode();
        all.good("hello-time", "the same with the time by the sender's clock, 2026-01-01T00:00:00Z", FrameType.HELLO, hello);
        all.bad("hello-time-text", "a time that is no number", FrameType.HELLO,
            changed(hello, node -> node instanceof Long number && number > 1L << 50 ? "now" : node), "wall-time");
        all.good("hello-provisioning", "a source that wants to migrate, or any destination that can install bundles",
            FrameType.HELLO, Capabilities.WITH_PROVISIONING.encode());
        all.good("hello-unknown-preferred", "a third party's capability that is only preferred", FrameType.HELLO, Cbor.encode(
            Map.of("capabilities", with(Capabilities.OURS.encode(), "com.example.zstd", "preferred"))));
        all.bad("hello-unknown-required", "a third party's capability that is required", FrameType.HELLO, Cbor.encode(
            Map.of("capabilities", with(Capabilities.OURS.encode(), "com.example.zstd", "required"))), "com.example.zstd");
        all.bad("hello-without-pages", "a peer that lacks the required bulk-pages", FrameType.HELLO,
            Cbor.encode(Map.of("capabilities", Map.of())), "bulk-pages");
        all.good("hello-parameters", "values and parameters that this version does not know, and those that it needs",
            FrameType.HELLO,
            Cbor.encode(Map.of("capabilities", Map.of(
                "bulk-pages", Map.of("need", "required", "parameters", Map.of("page-size", List.of(65536L, 4096L), "later",
                List.of("x"))),
                "section-digest", Map.of("need", "required", "parameters", Map.of("algorithm", List.of("blake3", "sha-256"))),
                "com.example.zstd", Map.of("need", "preferred", "parameters", Map.of("level", List.of(19L)), "later", true)),
                "later", List.of(1L))));
        all.bad("hello-other-digest", "a required parameter without a common value", FrameType.HELLO,
            Cbor.encode(Map.of("capabilities", Map.of("bulk-pages", Map.of("need", "required", "parameters", Map.of()),
                "section-digest", Map.of("need", "required", "parameters", Map.of("algorithm", List.of("blake3")))))),
                "section-digest");
        all.bad("hello-no-value", "a parameter without a value", FrameType.HELLO, Cbor.encode(Map.of("capabilities",
            Map.of("bulk-pages", Map.of("need", "required", "parameters", Map.of("page-size", List.of()))))), "page-size");
        all.bad("hello-need", "a need that there is not", FrameType.HELLO, Cbor.encode(
            Map.of("capabilities", with(Capabilities.OURS.encode(), "com.example.zstd", "desired"))), "desired");
        all.good("manifest", "a machine with one device, pvclock 1.1.0, whose fix is not in use", FrameType.MANIFEST,
            Manifests.encode(manifest()));
        all.bad("manifest-empty", "a manifest without anything", FrameType.MANIFEST, Messages.EMPTY, "is missing");
        byte[] manifest = Manifests.encode(manifest());
        all.good("manifest-future", "keys that this version does not know in every map", FrameType.MANIFEST,
            changed(manifest, VectorsTest::withMore));
        byte[] saved = Manifests.encode(manifest().withContents(Map.of("/virtio-blk@0", List.of(new ContentIdentity("drive", 1 << 20,
            Optional.of(Instant.ofEpochSecond(1_700_000_000L, 123_456_789)), "sha-256-of-64-samples", "a5".repeat(32))),
            "/com.example.tape@0", List.of(new ContentIdentity("reel", 4096, Optional.empty(), "", "")))));
        all.good("manifest-contents", "a snapshot's, which says by what the content of disks is known again", FrameType.MANIFEST, saved);
        all.bad("manifest-contents-size", "the content of a disk without a size", FrameType.MANIFEST,
            changed(saved, node -> node instanceof Map<?, ?> map && map.containsKey("digest") ? without(map, "size") : node),
            "size is missing");
        all.bad("manifest-criticality", "a criticality that there is not", FrameType.MANIFEST,
            changed(manifest, "mandatory", "mandatory-on-mondays"), "mandatory-on-mondays");
        all.bad("manifest-field-type", "a type of field that there is not", FrameType.MANIFEST, changed(manifest, "i64", "f64"),
            "f64");
        all.bad("manifest-field-twice", "two fields with one id", FrameType.MANIFEST, changed(manifest, 3L, 2L),
            "two fields with id 2");
        all.bad("manifest-other-schema", "a section with the schema of another type", FrameType.MANIFEST,
            Cbor.encode(Trees.map("name", "guest", "abi", manifest().abi().toJson(), "sections",
            List.of(Trees.map("path", "/pvclock@0",
                "type", "clock", "version", "1.1.0", "schema", Schemas.tree(NEW.schema()), "not-default", List.of(), "acked",
                List.of(),
                "after", List.of())), "bulk", List.of(), "host", Map.of(), "accept-loss", List.of())), "schema of pvclock");
        all.bad("manifest-default", "a field that is not mandatory without a default", FrameType.MANIFEST,
            changed(manifest, node -> node instanceof Map<?, ?> map && map.containsKey("default") ? without(map, "default")
            : node), "default");
        all.bad("manifest-not-json", "an ABI document that is not JSON", FrameType.MANIFEST, replaced(manifest, "abi", "{"),
            "abi");
        all.bad("manifest-long-name", "a text of 4097 bytes", FrameType.MANIFEST, replaced(manifest, "name", "n".repeat(4097)),
            "name");
        manifestRules(all);
        all.good("verdict", "the answer of a host that has pvclock 1.0.0: OK-IF", FrameType.VERDICT, verdict());
        all.good("verdict-translated", "the answer of a host that has pvclock 2.0.0 and a translator: OK", FrameType.VERDICT,
            translated());
        all.good("verdict-losses", "an answer with a loss that the operator accepts, and a remark", FrameType.VERDICT, lossy());
        all.good("verdict-future", "keys that this version does not know in every map", FrameType.VERDICT,
            changed(verdict(), VectorsTest::withMore));
        all.good("verdict-blocked", "the answer of a host that has nothing of the kind", FrameType.VERDICT, blocked());
        all.bad("verdict-outcome", "an outcome that there is not", FrameType.VERDICT,
            changed(verdict(), "OK-IF", "OK-PROBABLY"), "OK-PROBABLY");
        all.good("verdict-provisions", "the answer to a question, of a host that would install a bundle if it were a migration",
            FrameType.VERDICT, provisioned());
        all.good("start", "the source goes ahead", FrameType.START, Messages.EMPTY);
        all.good("start-future", "a key that this version does not know", FrameType.START, Cbor.encode(Map.of("later", 1L)));
        all.bad("start-list", "a list in the place of the map", FrameType.START, Cbor.encode(List.of()), "START");
        all.raw("start-flags", "flags that this version does not know, and not MANDATORY", "frame",
            frame(4, 0xfffe, Messages.EMPTY), "accept");
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
        all.raw("pages-region", "a region that the manifest does not have", "frame", frame(6, 1, pages(
            "0001 0001 00000000  0000000000000001 00000001 00000001", 0)), "refuse PAGES");
        all.raw("pages-reserved", "a 1 where there must be a 0", "frame", frame(6, 1, pages(
            "0000 0001 00000001  0000000000000001 00000001 00000001", 0)), "refuse PAGES");
        all.raw("pages-cut", "three bytes of a head", "frame", frame(6, 1, hex("000000")), "refuse PAGES");
        all.raw("pages-fewer-ranges", "two ranges of which one is there", "frame", frame(6, 1, pages(
            "0000 0002 00000000  0000000000000001 00000001 00000001", 0)), "refuse PAGES");
        all.raw("pages-many-ranges", "513 ranges", "frame", frame(6, 1, pages(
            "0000 0201 00000000" + "0000000000000001 00000001 00000001".repeat(513), 0)), "refuse PAGES");
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
        all.bad("round-missing", "no number", FrameType.ROUND, Messages.EMPTY, "round is missing");
        byte[] state = Cbor.encode(new TreeMap<>(Map.of(1L, 1_000_000_007L)));
        all.good("section", "the state of pvclock without fields 2 and 3, as the verdict says", FrameType.SECTION,
            new Messages.Section("/pvclock@0", "pvclock", 2, Set.of(), state).encode());
        byte[] section = new Messages.Section("/pvclock@0", "pvclock", 2, Set.of(), state).encode();
        all.bad("section-digest", "the digest of the data is wrong", FrameType.SECTION,
            replaced(section, "sha-256", new byte[32]), "damaged section");
        all.bad("section-size", "the size of the data is wrong", FrameType.SECTION, replaced(section, "size", 99L), "damaged section");
        all.good("section-extension", "the same of a writer whose schema has an extension", FrameType.SECTION,
            new Messages.Section("/pvclock@0", "pvclock", 1, Set.of("system-time"), state).encode());
        all.bad("section-version", "state versions begin at 1", FrameType.SECTION, replaced(section, "version", 0L), "version");
        var bulk = new Messages.Bulk(1, 1, 15, 0xdeadbeefL);
        all.good("finish", "all has been sent; the guest ran", FrameType.FINISH, new Messages.Finish(bulk, 1, true).encode());
        all.bad("finish-negative", "a count below 0", FrameType.FINISH, replaced(new Messages.Finish(bulk, 1, true).encode(),
            "sections", -1L), "sections");
        all.good("loaded", "all has been restored", FrameType.LOADED, new Messages.Loaded(bulk,
            new TreeMap<>(Map.of("/pvclock@0", Messages.digest(state)))).encode());
        all.bad("loaded-digest", "a digest of 33 bytes", FrameType.LOADED, new Messages.Loaded(bulk,
            new TreeMap<>(Map.of("/pvclock@0", new byte[33]))).encode(), "/pvclock@0");
        all.good("commit", "the destination owns the guest from now on", FrameType.COMMIT, Messages.EMPTY);
        all.good("taken", "it knows", FrameType.TAKEN, Messages.EMPTY);
        all.good("running", "the guest runs", FrameType.RUNNING, new Messages.Running(true, 1_795_000_000_000_000_000L).encode());
        all.good("bye", "the source only wanted the verdict", FrameType.BYE, Messages.EMPTY);
        all.good("cancel", "the operator gave it up", FrameType.CANCEL, Messages.EMPTY);
        all.good("error", "the end, with a reason", FrameType.ERROR, Messages.encodeError(List.of(
            new Reason("/virtio-blk@0", "drive", "disk.img does not exist", "map another with --map /virtio-blk@0.drive=FILE"))));
        all.bad("error-empty", "the end, without a reason", FrameType.ERROR, Cbor.encode(Map.of("reasons", List.of())),
            "without a reason");
        all.good("keepalive", "a sign of life", FrameType.KEEPALIVE, new byte[0]);
        all.raw("keepalive-long", "a sign of life with a byte", "frame", frame(18, 0, new byte[1]), "refuse limit");

        byte[] start = frame(4, 1, Messages.EMPTY);
        all.raw("header-damaged", "a bit of the header has flipped", "frame", flipped(start, 1), "refuse header");
        all.raw("payload-damaged", "a bit of the payload has flipped", "frame", flipped(start, 16), "refuse checksum");
        all.raw("too-long", "a START that claims 4097 bytes; it must be refused before they come", "frame",
            Arrays.copyOf(frame(4, 1, new byte[4097]), 16), "refuse limit");
        all.raw("unknown-optional", "a frame of a later version without MANDATORY", "frame",
            frame(0x100, 0, hex("03 666f6f 01")), "skip");
        all.raw("unknown-mandatory", "a third party's frame with MANDATORY", "frame",
            frame(0x8000, 1, concat(hex("0f"), "com.example.foo".getBytes(StandardCharsets.US_ASCII))), "refuse com.example.foo");
        all.raw("unknown-optional-reserved", "a frame without a name and without MANDATORY", "frame", frame(22, 0, hex("03")),
            "skip");
        all.raw("unknown-optional-empty", "a frame that should begin with its name and is empty", "frame",
            frame(0xffff, 0, new byte[0]), "skip");
        all.raw("unknown-mandatory-reserved", "a frame without a name and with MANDATORY", "frame", frame(22, 1, hex("03")),
            "refuse type 22");
        all.raw("unknown-mandatory-name", "a frame whose name is not one", "frame", frame(0x100, 1, hex("03 0a0d1b")),
            "refuse type 256");
        all.raw("unknown-too-long", "a frame of unknown type that claims 1048577 bytes", "frame",
            Arrays.copyOf(frame(0x100, 0, new byte[(1 << 20) + 1]), 16), "refuse limit");
        all.raw("file-only", "an INDEX on a line", "frame", frame(20, 1, Messages.EMPTY), "refuse INDEX");
        all.raw("file-only-pad", "a PAD on a line", "frame", frame(19, 0, new byte[8]), "refuse PAD");
        all.raw("file-only-end", "an END on a line", "frame", frame(21, 1, new byte[16]), "refuse END");

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
            {"mixed-keys", "keys of two kinds", "a2 01 01 61 61 02"},
            {"integer-keys", "a message with keys that are integers", "a1 01 01"},
            {"number-key", "a text key that reads as an integer", "a2 61 31 01 65 726f756e64 01"},
            {"big-integer", "2^63", "a1 65 726f756e64 1b 8000000000000000"},
            {"undefined", "undefined", "a1 65 726f756e64 f7"},
            {"not-utf8", "a text that is not UTF-8", "a2 61 61 61 ff 65 726f756e64 01"},
            {"not-a-map", "an integer", "01"},
            {"empty", "nothing", ""},
            {"deeper", "33 lists and maps within one another", "a2 61 61" + "81".repeat(32) + "01 65 726f756e64 01"}};
        for (String[] each : malformed) {
            all.bad("cbor-" + each[0], each[1], FrameType.ROUND, hex(each[2]), "ROUND");
        }
        all.good("cbor-deep-enough", "32 lists and maps within one another, under a key that is not known", FrameType.ROUND,
            hex("a2 61 61" + "81".repeat(31) + "01 65 726f756e64 01"));
        longTexts(all);
        files(all);
        return all.vectors;
    }

    /** Texts around the length from which on Sterna 1.0 and 1.1 wrote them otherwise. */
    private static void longTexts(Builder all) {
        byte[] shorter = error("x".repeat(3996));
        all.good("text-3996", "an error with a cause of 3996 characters", FrameType.ERROR, shorter);
        byte[] longer = error("x".repeat(3997));
        all.good("text-3997", "an error with a cause of 3997 characters", FrameType.ERROR, longer);
        all.chunked("text-3997", FrameType.ERROR, longer);
        byte[] pairs = error("x" + "\ud83d\udc26".repeat(4000));
        all.good("text-pairs", "the same with 4000 characters beyond U+FFFF, after one that is not", FrameType.ERROR, pairs);
        all.chunked("text-pairs", FrameType.ERROR, pairs);
        byte[] key = replaced(error("x"), "k".repeat(4096), true);
        all.good("text-key", "a key of 4096 bytes that is not known", FrameType.ERROR, key);
        all.chunked("text-key", FrameType.ERROR, key);
        all.bad("text-key-long", "a key of 4097 bytes", FrameType.ERROR, concat(concat(hex("a1 79 1001"),
            "k".repeat(4097).getBytes(StandardCharsets.US_ASCII)), hex("f5")), "ERROR");
        byte[] manifest = replaced(Manifests.encode(manifest()), "later", "x".repeat(65_536));
        all.good("text-65536", "a manifest with a text of 65536 characters under a key that is not known", FrameType.MANIFEST,
            manifest);
        byte[] chunk = concat(hex("79 0f9c"), "x".repeat(3996).getBytes(StandardCharsets.US_ASCII));
        String[][] wrong = {
            {"short", "a text of one character in a chunk", "7f 61 78 ff"},
            {"other-chunks", "4000 characters in chunks of 4 and 3996", "7f 64 78787878", "ff"},
            {"empty-chunk", "3996 characters in a chunk, and an empty one", "7f", "60 ff"},
            {"nested", "chunks in chunks", "7f 7f", "61 78 ff ff"},
            {"both-forms", "a long text in chunks and one without", "82 7f", "61 78 ff 79 0f9d 78"}};
        for (String[] each : wrong) {
            byte[] tree = hex("a1 65 6c61746572" + each[2]);
            if (each.length > 3) {
                tree = concat(concat(tree, chunk), hex(each[3]));
            }
            if (each[0].equals("both-forms")) {
                tree = concat(tree, "x".repeat(3996).getBytes(StandardCharsets.US_ASCII));
            }
            all.bad("text-" + each[0], each[1], FrameType.HELLO, tree, "HELLO is malformed");
        }
    }

    private static byte[] error(String cause) {
        return Messages.encodeError(List.of(Reason.of("/pvclock@0", cause, "")));
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

    /** What must agree within a manifest (section 5.2). */
    private static void manifestRules(Builder all) {
        byte[] manifest = Manifests.encode(manifest());
        List<?> sections = (List<?>) tree(manifest).get("sections");
        Object pvclock = sections.getLast();
        all.good("manifest-accept-loss", "the loss of a field that there is not, which is no loss, is accepted",
            FrameType.MANIFEST,
            replaced(manifest, "accept-loss", List.of("/pvclock@0.systemTime", "/pvclock@7.systemTime")));
        all.bad("manifest-section-twice", "two sections of one path", FrameType.MANIFEST,
            replaced(manifest, "sections", more(sections, pvclock)), "two sections /pvclock@0");
        all.bad("manifest-section-missing", "no section for a device of the ABI document", FrameType.MANIFEST,
            replaced(manifest, "sections", sections.subList(0, 3)), "without a section /pvclock@0");
        all.bad("manifest-section-type", "a section of another type than the ABI document has at its path",
            FrameType.MANIFEST,
            inPvclock(manifest, "type", "clock", "schema", Schemas.tree(CLOCK.schema())),
            "/pvclock@0 is of type clock");
        all.good("manifest-section-surplus",
            "a section of what the ABI document does not have; the verdict says BLOCKED",
            FrameType.MANIFEST, replaced(manifest, "sections",
            more(sections, changedKey((Map<?, ?>) pvclock, "path", "/pvclock@1"))));
        for (Object[] each : new Object[][] {
            {"none", "no region", List.of(), "0 bulk regions"},
            {"two", "two regions", List.of(region("ram", 0x8000_0000L, 65536, 4096), region("ram", 0, 4096, 4096)),
                "2 bulk regions"},
            {"name", "a region of another name", List.of(region("rom", 0x8000_0000L, 65536, 4096)), "rom"},
            {"page-size", "pages of another size", List.of(region("ram", 0x8000_0000L, 65536, 8192)), "8192"},
            {"size", "another size than the memory of the ABI document",
                List.of(region("ram", 0x8000_0000L, 4096, 4096)), "4096 bytes"},
            {"base", "a region that ends behind the last address",
                List.of(region("ram", Long.MAX_VALUE - 4095, 65536, 4096)),
                "from 9223372036854771712 on"}}) {
            all.bad("manifest-region-" + each[0], (String) each[1], FrameType.MANIFEST,
                replaced(manifest, "bulk", each[2]),
                (String) each[3]);
        }
        String abi = manifest().abi().toJson();
        for (String[] each : new String[][] {
            {"key", "a key of the ABI document that there is not", "\"processors\":1", "\"processors\":1,\"rooms\":1",
                "unknown 'rooms'"},
            {"memory", "a machine without memory", "\"memory\":65536", "\"memory\":0", "memory"},
            {"processors", "65536 processors", "\"processors\":1", "\"processors\":65536", "processors"},
            {"slot", "a slot of 65536", "\"slot\":0", "\"slot\":65536", "slot"},
            {"machine-type", "a space in the machine type", "example-1.0", "example 1.0", "machineType"},
            {"type", "a type that does not begin with a letter", "\"type\":\"example-board\"", "\"type\":\"1-board\"",
                "board"},
            {"version", "an ABI version with a leading zero", "\"abi\":\"1.0\"", "\"abi\":\"1.00\"", "abi"},
            {"digit", "a digit in a path that is not ASCII", "/pvclock@0", "/pvclock@\u0660", "devices"},
            {"order", "an ABI document that is not canonical", "{\"board\"", "{ \"board\"", "canonical"}}) {
            assertTrue(abi.contains(each[2]), abi);
            all.bad("manifest-abi-" + each[0], each[1], FrameType.MANIFEST, replaced(manifest, "abi", abi.replaceFirst(
                Pattern.quote(each[2]), each[3])), each[4]);
        }
        all.bad("manifest-host", "host properties of a part that the ABI document does not have", FrameType.MANIFEST,
            replaced(manifest, "host", Map.of("/pvclock@1", Map.of("drive", "disk.img"))), "/pvclock@1");
        all.bad("manifest-after-itself", "a section that comes after itself", FrameType.MANIFEST,
            inPvclock(manifest, "after", List.of("/pvclock@0")), "/pvclock@0 come after one another in a circle");
        all.bad("manifest-after-circle", "sections that come after one another", FrameType.MANIFEST,
            replaced(manifest, "sections", more(sections.subList(1, 4),
                changedKey((Map<?, ?>) sections.getFirst(), "after", List.of("/pvclock@0")))),
            "/example-cpu@0, /example-board, /pvclock@0, /clock come after one another in a circle");
        all.bad("manifest-after-unknown", "a section that comes after one that there is not", FrameType.MANIFEST,
            inPvclock(manifest, "after", List.of("/pvclock@1")), "/pvclock@1");
        all.bad("manifest-after-twice", "a section that comes after the same one twice", FrameType.MANIFEST,
            inPvclock(manifest, "after", List.of("/clock", "/clock")), "twice");
        all.bad("manifest-not-default-unknown", "a field in not-default that there is not", FrameType.MANIFEST,
            inPvclock(manifest, "not-default", List.of(List.of(9L))), "not-default [9]");
        all.bad("manifest-not-default-mandatory", "a mandatory field in not-default", FrameType.MANIFEST,
            inPvclock(manifest, "not-default", List.of(List.of(1L))), "not-default [1]");
        all.bad("manifest-default-type", "a text as the default of an i64", FrameType.MANIFEST,
            changed(manifest, node -> node instanceof Map<?, ?> map && map.containsKey("default")
            ? changedKey(map, "default", "0") : node), "is not of type i64");
        all.bad("manifest-field-names", "two fields of one name", FrameType.MANIFEST,
            changed(manifest, "wallClock", "systemTime"),
            "'systemTime'");
        all.bad("manifest-id-zero", "ids begin at 1", FrameType.MANIFEST,
            changed(manifest, node -> node instanceof Map<?, ?> map && map.containsKey("criticality")
            ? changedKey(map, "id", 0L) : node), "id");
        all.bad("manifest-id-large", "an id of 2^31", FrameType.MANIFEST,
            changed(manifest, node -> node instanceof Map<?, ?> map && map.containsKey("criticality")
            ? changedKey(map, "id", 1L << 31) : node), "id");
    }

    private static Object region(String name, long base, long size, long pageSize) {
        return Trees.map("name", name, "base", base, "size", size, "page-size", pageSize);
    }

    private static List<Object> more(List<?> list, Object item) {
        var more = new ArrayList<Object>(list);
        more.add(item);
        return more;
    }

    /** A manifest with other values in the section of the device. */
    private static byte[] inPvclock(byte[] manifest, Object... entries) {
        return changed(manifest, node -> {
            if (!(node instanceof Map<?, ?> map) || !"/pvclock@0".equals(map.get("path"))) {
                return node;
            }
            Object other = map;
            for (int i = 0; i < entries.length; i += 2) {
                other = changedKey((Map<?, ?>) other, (String) entries[i], entries[i + 1]);
            }
            return other;
        });
    }

    private static SnapshotBytes snapshot() {
        return new SnapshotBytes(manifest(), states());
    }

    /** Page 1 has data, the others are zero. */
    private static SnapshotBytes withData() {
        SnapshotBytes file = snapshot().pages("0000 0003 00000000  0000000000000000 00000001 00000001"
            + "0000000000000001 00000001 00000000  0000000000000002 0000000e 00000001", 0xa5);
        file.runs = "0000000000000000 0000000000000001 0000000000000000" + data(4096)
            + "0000000000000002 000000000000000e 0000000000000000";
        return file;
    }

    /** The run of page 1 with its data at some byte. */
    private static String data(int offset) {
        return "0000000000000001 0000000000000001" + String.format("%016x", offset);
    }

    private static byte[] named(int flags) {
        return frame(0x8000, flags, concat(hex("0f"), "com.example.foo".getBytes(StandardCharsets.US_ASCII)));
    }

    /** Snapshots; all of them whole, but for what their names say. */
    private static void files(Builder all) {
        byte[] whole = snapshot().build();
        int hello = Frame.HEADER + Capabilities.OURS.encode().length;
        all.file("", "16 pages, one of which has data: PAD, and an INDEX of three runs", withData(), "accept");
        all.raw("file-zero", "the same, without data", "file", whole, "accept");
        all.file("rewritten", "page 1 comes with data, again with other data, and at last as zeroes", withData()
            .pages("0000 0001 00000000  0000000000000001 00000001 00000000", 0x5a)
            .pages("0000 0001 00000000  0000000000000001 00000001 00000001"),
            file -> file.runs = SnapshotBytes.ALL_ZERO, "accept");
        all.file("future", "a writer of 1.0 to 2.7; frames that are not known before MANIFEST and before END",
            snapshot().preamble(14, "0002 0007"), file -> {
                file.beforeManifest = named(0);
                file.beforeEnd = named(0);
            }, "accept");
        all.file("future-only", "protocol 2.0 to 2.7", snapshot().preamble(10, "0002 0000 0002 0007"),
            "refuse 2.0 to 2.7");
        all.file("required", "a capability that is required and not known", snapshot(),
            file -> file.hello = Cbor.encode(
            Map.of("capabilities", with(Capabilities.OURS.encode(), "com.example.zstd", "required"))),
            "refuse com.example.zstd");
        all.file("mandatory", "a frame with MANDATORY that is not known", snapshot(),
            file -> file.beforeFinish = named(1),
            "refuse com.example.foo");
        all.file("socket", "the preamble of a conversation", snapshot().preamble(8, "01"), "refuse conversation");
        all.raw("file-cut", "without its last byte", "file", Arrays.copyOf(whole, whole.length - 1), "refuse is cut");
        all.raw("file-longer", "with a byte after END", "file", Arrays.copyOf(whole, whole.length + 1), "refuse is cut");
        all.raw("file-damaged", "a bit of PAGES has flipped", "file", flipped(whole, 64 + hello + 20),
            "refuse checksum");
        all.raw("file-end", "a bit of END has flipped", "file", flipped(whole, whole.length - 1), "refuse damaged");
        all.file("page-missing", "an INDEX without the last page", snapshot(),
            file -> file.runs = "0000000000000000 000000000000000f 0000000000000000", "refuse page 15 is missing");
        all.file("page-twice", "an INDEX with a page twice", snapshot(),
            file -> file.runs = SnapshotBytes.ALL_ZERO + SnapshotBytes.ALL_ZERO, "refuse its index is wrong");
        all.file("page-unaligned", "content that does not begin at a page of the file", snapshot(),
            file -> file.runs = "0000000000000000 0000000000000010 0000000000000040", "refuse its index is wrong");
        all.file("page-outside", "content behind the INDEX", snapshot(),
            file -> file.runs = "0000000000000000 0000000000000010 0000000000010000", "refuse its index is wrong");
        contradictions(all);
    }

    /** Whole snapshots whose checksums are right, in which one thing says other than another (section 12.8). */
    private static void contradictions(Builder all) {
        all.file("data-called-zero", "the INDEX calls page 1 zero, PAGES has data for it", withData(),
            file -> file.runs = SnapshotBytes.ALL_ZERO, "refuse page 1 is zero");
        all.file("zero-called-data", "page 1 comes with data and then as zeroes, the INDEX has the data", withData()
            .pages("0000 0001 00000000  0000000000000001 00000001 00000001"), "refuse page 1 is at byte 4096");
        all.file("superseded", "page 1 comes twice, the INDEX has the first content", withData()
            .pages("0000 0001 00000000  0000000000000001 00000001 00000000", 0x5a), "refuse page 1 is at byte 4096");
        all.file("other-page", "the INDEX has the data of page 1 for page 2", withData(), file -> file.runs =
            "0000000000000000 0000000000000002 0000000000000000" + data(4096).replaceFirst("1", "2")
            + "0000000000000003 000000000000000d 0000000000000000", "refuse page 2 is at byte 4096");
        all.file("page-not-sent", "the INDEX has page 15, and no PAGES", snapshot()
            .pages("0000 0001 00000000  0000000000000000 0000000f 00000001"), "refuse page 15 is in its index");
        all.file("page-beyond", "PAGES has page 16 of 16", snapshot()
            .pages("0000 0001 00000000  0000000000000000 00000011 00000001"), "refuse page 16 of 16");
        all.file("data-unaligned", "data that does not begin at a page of the file, which later PAGES supersede",
            snapshot()
            .pages("0000 0001 00000000  0000000000000001 00000001 00000000", 0x5a)
            .pages(SnapshotBytes.ZEROES).unaligned(),
            "refuse no multiple of 4096");
        all.file("zero-ranges", "a range of zeroes without the capability zero-pages", snapshot(),
            file -> file.hello = Cbor.encode(
            Map.of("capabilities", without((Map<?, ?>) tree(file.hello).get("capabilities"), "zero-pages"))),
            "refuse zero-pages");
        all.finish("frames", "FINISH counts another number of PAGES frames",
            bulk -> new Messages.Bulk(2, bulk.dataPages(),
            bulk.zeroPages(), bulk.checksum()));
        all.finish("pages", "FINISH counts another number of pages",
            bulk -> new Messages.Bulk(bulk.frames(), bulk.dataPages(),
            bulk.zeroPages() + 1, bulk.checksum()));
        all.finish("checksum", "FINISH has another checksum", bulk -> new Messages.Bulk(bulk.frames(), bulk.dataPages(),
            bulk.zeroPages(), bulk.checksum() ^ 1));
        all.file("finish-sections", "FINISH counts another number of sections", snapshot(), file -> file.finish =
            finish -> new Messages.Finish(finish.bulk(), 5, true), "refuse FINISH says 5 sections");
        all.file("section-missing", "no frame SECTION for /pvclock@0", snapshot(), file -> file.left.add("/pvclock@0"),
            "refuse no frame SECTION for /pvclock@0");
        all.file("section-twice", "two frames SECTION for /pvclock@0", snapshot(),
            file -> file.beforeFinish = frame(9, 1,
            new Messages.Section("/pvclock@0", "pvclock", 2, Set.of(),
            Cbor.encode(states().get("/pvclock@0"))).encode()),
            "refuse two frames SECTION for /pvclock@0");
        all.file("section-foreign", "a frame SECTION that the manifest does not announce", snapshot(), file -> {
            file.beforeFinish = frame(9, 1, new Messages.Section("/pvclock@1", "pvclock", 2, Set.of(),
                Cbor.encode(states().get("/pvclock@0"))).encode());
            file.finish = finish -> new Messages.Finish(finish.bulk(), 5, true);
        }, "refuse /pvclock@1");
        all.file("section-version", "a section of another state version than the manifest announces", snapshot(),
            file -> file.section = section -> section.path().equals("/pvclock@0")
            ? new Messages.Section("/pvclock@0", "pvclock", 3,
            Set.of(), section.data()) : section, "refuse /pvclock@0 is of another type");
        all.file("field-missing", "a section without a field of its schema", snapshot(),
            file -> file.states.get("/pvclock@0").remove(2L), "refuse systemTime: is missing");
        all.file("field-surplus", "a section with a field that its schema does not have", snapshot(),
            file -> file.states.get("/pvclock@0").put(4L, 0L), "refuse 4: there is no such field");
        all.file("field-type", "a section with a text in the place of an i64", snapshot(),
            file -> file.states.get("/pvclock@0").put(2L, "0"), "refuse systemTime: is not of type i64");
        all.file("not-default", "by the manifest a field has its default, and in the section it has not", snapshot(),
            file -> file.states.get("/pvclock@0").put(2L, 9L), "refuse /pvclock@0.systemTime has its default");
        all.file("default", "by the manifest a field has not its default, and in the section it has", snapshot(),
            file -> {
            var sections = new ArrayList<>(file.manifest.sections());
            sections.set(3, new Manifest.Section("/pvclock@0", "pvclock", "1.1.0", NEW.schema(),
                new TreeSet<>(Set.of(new FieldPath(List.of(3)))), Set.of(), Set.of("/example-board")));
            file.manifest = new Manifest("guest", file.manifest.abi(), sections, file.manifest.regions(), Map.of(),
                Set.of());
        }, "refuse /pvclock@0.wallClock has not its default");
        all.file("accept-loss", "a manifest that accepts a loss", snapshot(),
            file -> file.manifest = new Manifest("guest",
            file.manifest.abi(), file.manifest.sections(), file.manifest.regions(), Map.of(),
            Set.of("/pvclock@0.systemTime")),
            "refuse accepts losses");
        all.file("index-manifest", "an INDEX that has MANIFEST elsewhere", snapshot(),
            file -> file.index = index -> index.put("manifest", index.get("finish")), "refuse MANIFEST");
        all.file("index-finish", "an INDEX that has FINISH elsewhere", snapshot(),
            file -> file.index = index -> index.put("finish", 64L), "refuse FINISH");
        all.file("index-sections", "an INDEX that has two sections in the place of one another", snapshot(),
            file -> file.index = index -> {
                var starts = new TreeMap<Object, Object>((Map<?, ?>) index.get("sections"));
                Object clock = starts.put("/clock", starts.get("/pvclock@0"));
                starts.put("/pvclock@0", clock);
                index.put("sections", starts);
            }, "refuse has the sections at");
        all.file("index-elsewhere", "an END that has INDEX elsewhere", snapshot(), file -> file.indexShift = -16,
            "refuse END has the frame INDEX");
        all.file("manifest-twice", "two MANIFESTs", snapshot(),
            file -> file.beforeManifest = frame(2, 1, Manifests.encode(manifest())),
            "refuse a frame MANIFEST where FINISH has its place");
        all.file("pages-late", "PAGES after MANIFEST", snapshot(),
            file -> file.beforeFinish = frame(6, 1, hex(SnapshotBytes.ZEROES)),
            "refuse a frame PAGES where FINISH has its place");
        all.file("index-twice", "two INDEXes", snapshot(), file -> file.beforeIndex = frame(20, 1,
            Cbor.encode(Map.of())),
            "refuse a frame INDEX where END has its place");
        all.file("line-frame", "a ROUND, which has its place on a line only", snapshot(),
            file -> file.beforeManifest = frame(7, 1, new Messages.Round(1).encode()),
            "refuse a frame ROUND where MANIFEST has its place");
    }

    private static Map<?, ?> tree(byte[] message) {
        try {
            return (Map<?, ?>) Cbor.decode(message);
        } catch (CborException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] preamble(byte[] preamble, int at, byte[] other) {
        ByteBuf bytes = Unpooled.copiedBuffer(preamble).setBytes(at, other);
        return Unpooled.copiedBuffer(bytes.setInt(Preamble.SIZE - 4,
            Checksums.of(bytes, 0, Preamble.SIZE - 4))).array();
    }

    /** A message with each node changed, from the inside outwards. */
    private static byte[] changed(byte[] message, UnaryOperator<Object> change) {
        try {
            return Cbor.encode(changed(Cbor.decode(message), change));
        } catch (CborException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] changed(byte[] message, Object from, Object to) {
        return changed(message, node -> node.equals(from) ? to : node);
    }

    private static Object changed(Object node, UnaryOperator<Object> change) {
        return change.apply(switch (node) {
            case Map<?, ?> map -> {
                var tree = new TreeMap<String, Object>();
                map.forEach((key, value) -> tree.put((String) key, changed(value, change)));
                yield tree;
            }
            case List<?> list -> list.stream().map(item -> changed(item, change)).toList();
            default -> node;
        });
    }

    private static Object withMore(Object node) {
        return node instanceof Map<?, ?> map && !map.isEmpty() ? changedKey(map, "later", List.of(1L)) : node;
    }

    private static Object without(Map<?, ?> map, String key) {
        return changedKey(map, key, null);
    }

    private static Object changedKey(Map<?, ?> map, String key, Object value) {
        var tree = new TreeMap<Object, Object>(map);
        tree.remove(key);
        if (value != null) {
            tree.put(key, value);
        }
        return tree;
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

    @Test
    void vectorsOfBothFormsHaveTheSameContent() throws IOException, CborException {
        var vectors = new TreeMap<String, Vector>();
        Vector.read(written()).forEach(vector -> vectors.put(vector.name(), vector));
        var chunked = vectors.keySet().stream().filter(name -> name.endsWith("-chunked")).toList();
        assertEquals(3, chunked.size());
        for (String name : chunked) {
            byte[] own = vectors.get(name.replace("-chunked", "")).bytes();
            byte[] payload = Arrays.copyOfRange(own, Frame.HEADER, own.length);
            byte[] other = Arrays.copyOfRange(vectors.get(name).bytes(), Frame.HEADER, vectors.get(name).bytes().length);
            assertArrayEquals(payload, Cbor.encode(Cbor.decode(other)), name);
            assertTrue(!Arrays.equals(payload, other), name);
        }
    }

    @TempDir
    private Path folder;

    private void read(Vector vector) throws IOException {
        Path path = Files.write(folder.resolve(vector.name()), vector.bytes());
        try (var file = new MachineFile(path)) {
            file.verify(() -> false);
            assertEquals("accept", vector.reaction());
        } catch (Failure refused) {
            assertTrue(vector.reaction().startsWith("refuse ")
                && refused.getMessage().contains(vector.reaction().substring(7)), refused.getMessage());
        }
    }

    private void react(Vector vector) throws Failure, IOException {
        if (vector.kind().equals("file")) {
            read(vector);
            return;
        }
        var peer = new Peer();
        if (vector.kind().equals("frame")) {
            byte[] preamble = new byte[Preamble.SIZE];
            Preamble.socket(Preamble.Role.SOURCE).encode().readBytes(preamble);
            assertEquals(1, peer.take(preamble).size());
        }
        List<Object> came = peer.take(vector.bytes());
        assertEquals(1, came.size(), came.toString());
        Object what = came.getFirst();
        try {
            if (what instanceof Frame frame) {
                Peer.decode(frame);
            } else if (what instanceof Preamble theirs) {
                assertEquals(ProtocolVersion.CURRENT, Preamble.socket(Preamble.Role.DESTINATION).agree("peer", theirs));
            }
        } catch (Failure refused) {
            what = refused;
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
