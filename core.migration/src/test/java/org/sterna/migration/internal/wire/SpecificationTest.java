package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.transport.Timeouts;

/**
 * What the specification says in bytes, numbers and tables is what this implementation does. With
 * {@code -Dsterna.vectors.write=true} its dumps and the file of its CDDL are written anew.
 */
class SpecificationTest {
    private static final Path FILE = Path.of("../docs/spec/migration-protocol.md");
    private static final Path CDDL = Path.of("../docs/spec/sterna-migration.cddl");
    private static final String CDDL_HEADER = """
        ; The messages of the Sterna migration protocol 1.0, collected from migration-protocol.md, which says what they mean.
        ; A receiver ignores text keys that are not here, in every map whose keys are fixed.

        """;

    private static String specification() throws IOException {
        return Files.readString(FILE);
    }

    /** What stands between the lines of a fence. */
    private static Pattern fence(String info) {
        return Pattern.compile("```" + Pattern.quote(info) + "\n(.*?)```\n", Pattern.DOTALL);
    }

    /** The state of pvclock 1.1.0 that the examples move. */
    private static byte[] state() {
        return Cbor.encode(new TreeMap<>(Map.of(1L, 1_000_000_007L)));
    }

    private static byte[] frame(FrameType type, byte[] payload) {
        return VectorsTest.frame(type.code(), type.flags(), payload);
    }

    /** A HELLO of a version 1.1 that has one capability more. */
    private static byte[] laterHello() {
        var offers = new TreeMap<String, Object>();
        Capabilities.OURS.offers().forEach((name, offer) -> offers.put(name, Trees.map("need",
            offer.required() ? "required" : "preferred", "parameters", offer.parameters())));
        offers.put("page-compression", Trees.map("need", "preferred", "parameters", Map.of("algorithm", List.of("zstd"))));
        return Cbor.encode(Trees.map("capabilities", offers));
    }

    /** The dumps of section 11, by name. */
    private static Map<String, String> dumps() {
        var dumps = new LinkedHashMap<String, String>();
        dumps.put("schema", AnnotatedHex.of(Schemas.tree(VectorsTest.manifest().sections().getLast().schema())));
        dumps.put("verdict", AnnotatedHex.frame(frame(FrameType.VERDICT, VectorsTest.verdict())));
        dumps.put("section", AnnotatedHex.frame(frame(FrameType.SECTION,
            new Messages.Section("/pvclock@0", "pvclock", 2, Set.of(), state()).encode())));
        try {
            dumps.put("state", AnnotatedHex.of(Cbor.decode(state())));
        } catch (CborException e) {
            throw new AssertionError(e);
        }
        dumps.put("digest", AnnotatedHex.of(Messages.digest(state())));
        byte[] named = new byte[1 + 8 + 8];
        named[0] = 8;
        System.arraycopy("progress".getBytes(StandardCharsets.US_ASCII), 0, named, 1, 8);
        named[16] = 42;
        dumps.put("optional-frame", AnnotatedHex.namedFrame(VectorsTest.frame(256, 0, named)));
        dumps.put("hello-later", AnnotatedHex.frame(frame(FrameType.HELLO, laterHello())));
        return dumps;
    }

    @Test
    void theBytesOfTheExamplesAreThoseOfThisImplementation() throws IOException {
        if (Boolean.getBoolean("sterna.vectors.write")) {
            String text = specification();
            for (var dump : dumps().entrySet()) {
                text = fence("cbor " + dump.getKey()).matcher(text)
                    .replaceFirst(java.util.regex.Matcher.quoteReplacement("```cbor " + dump.getKey() + "\n" + dump.getValue()
                    + "```\n"));
            }
            Files.writeString(FILE, text);
        }
        String text = specification();
        for (var dump : dumps().entrySet()) {
            var block = fence("cbor " + dump.getKey()).matcher(text);
            assertTrue(block.find(), dump.getKey());
            assertEquals(dump.getValue(), block.group(1));
            assertTrue(AnnotatedHex.bytes(block.group(1)).length > 0);
        }
        assertEquals(dumps().size(), Pattern.compile("```cbor ").matcher(text).results().count());
    }

    /** The dumps are read again, so that their bytes are right whatever their notes say. */
    @Test
    void theBytesOfTheExamplesAreMessages() throws Exception {
        var peer = new Peer();
        byte[] preamble = new byte[Preamble.SIZE];
        Preamble.socket(Preamble.Role.SOURCE).encode().readBytes(preamble);
        peer.take(preamble);
        var dumps = dumps();
        for (String name : List.of("hello-later", "verdict", "section", "optional-frame")) {
            Peer.decode((Frame) peer.take(AnnotatedHex.bytes(dumps.get(name))).getFirst());
        }
        var section = Messages.Section.decode(new Node("", "", Cbor.decode(Arrays.copyOfRange(
            AnnotatedHex.bytes(dumps.get("section")), Frame.HEADER, AnnotatedHex.bytes(dumps.get("section")).length))));
        assertArrayEquals(AnnotatedHex.bytes(dumps.get("state")), section.data());
    }

    private static List<List<String>> table(String text, String header) {
        int start = text.indexOf(header);
        assertTrue(start >= 0, header);
        var rows = new ArrayList<List<String>>();
        text.substring(start).lines().skip(2).takeWhile(line -> line.startsWith("|"))
            .forEach(line -> rows.add(List.of(line.substring(1).split("\\|")).stream().map(String::strip).toList()));
        return rows;
    }

    /** A number with a unit. */
    private static long number(String text) {
        long sum = 0;
        for (MatchResult part
            : (Iterable<MatchResult>) Pattern.compile("([0-9]+)( KiB| MiB)?").matcher(text).results()::iterator) {
            long unit = part.group(2) == null ? 1 : part.group(2).equals(" KiB") ? 1 << 10 : 1 << 20;
            sum += Long.parseLong(part.group(1)) * unit;
        }
        return sum;
    }

    @Test
    void theTableOfFramesIsTheirs() throws IOException {
        var expected = new TreeMap<Long, String>();
        for (FrameType type : FrameType.values()) {
            expected.put((long) type.code(), type + " " + type.maxLength());
        }
        var found = new TreeMap<Long, String>();
        table(specification(), "| type | name | from |").forEach(row -> found.put(number(row.get(0)), row.get(1) + " "
            + number(row.get(3))));
        assertEquals(expected, found);
    }

    @Test
    void theTablesOfLimitsAreComplete() throws IOException {
        Timeouts times = Timeouts.DEFAULT;
        var expected = new TreeMap<String, Long>(Map.ofEntries(
            Map.entry("lists and maps within one another", (long) Cbor.MAX_DEPTH),
            Map.entry("items in one CBOR encoding", (long) Cbor.MAX_ITEMS),
            Map.entry("a text key", (long) Cbor.MAX_KEY),
            Map.entry("items of a list or map, where nothing else is said", (long) Limits.ITEMS),
            Map.entry("fields of a structure", (long) Limits.FIELDS),
            Map.entry("capabilities", (long) Limits.CAPABILITIES),
            Map.entry("parameters of a capability; values of a parameter", (long) Limits.PARAMETERS),
            Map.entry("ids of a field path", (long) Limits.PATH),
            Map.entry("ranges in a PAGES frame", (long) PageRanges.MAX),
            Map.entry("a text, where nothing else is said", (long) Limits.TEXT),
            Map.entry("cause and remedy of a reason; value of a host property", (long) Limits.LONG_TEXT),
            Map.entry("the ABI document", (long) Limits.ABI_DOCUMENT),
            Map.entry("the data of all sections", (long) Limits.SECTIONS),
            Map.entry("conversations at once", (long) Limits.CONVERSATIONS),
            Map.entry("payload of a frame of unknown type", (long) FrameType.MAX_UNKNOWN),
            Map.entry("connection; then the peer's preamble; then its HELLO", times.handshake().toSeconds()),
            Map.entry("silence: not one byte from a peer after HELLO, or not one taken by it", times.silence().toSeconds()),
            Map.entry("an answer from a peer that gives signs of life", times.step().toSeconds()),
            Map.entry("a source between READY and FINISH that sends signs of life only", times.progress().toSeconds()),
            Map.entry("a side that has nothing to say gives a sign of life after", times.keepalive().toSeconds()),
            Map.entry("taking resources back", times.reattach().toSeconds()),
            Map.entry("reading on after the last words", Connection.LINGER_SECONDS)));
        var found = new TreeMap<String, Long>();
        String text = specification();
        table(text, "| what | at most |").forEach(row -> found.put(row.get(0), number(row.get(1).split(";")[0])));
        table(text, "| what | how long |").forEach(row -> found.put(row.get(0), number(row.get(1).split(";")[0])));
        assertEquals(expected, found);
    }

    @Test
    void theCddlIsThatOfTheSpecification() throws IOException {
        var blocks = fence("cddl").matcher(specification()).results().map(block -> block.group(1)).toList();
        String all = CDDL_HEADER + String.join("\n", blocks);
        if (Boolean.getBoolean("sterna.vectors.write")) {
            Files.writeString(CDDL, all);
        }
        assertEquals(all, Files.readString(CDDL));
    }

    private static String rule(FrameType type) {
        return switch (type) {
            case START, READY, COMMIT, TAKEN, BYE, CANCEL -> "empty";
            case ROUND_DONE -> "round";
            default -> type.name().toLowerCase(java.util.Locale.ROOT);
        };
    }

    private static FrameType type(Vector vector) {
        return vector.kind().equals("frame") ? FrameType.of((vector.bytes()[0] & 0xff) << 8 | vector.bytes()[1] & 0xff) : null;
    }

    /** The tree of a vector that is one well-formed message; null if it is something else. */
    private static Object message(Vector vector) {
        FrameType type = type(vector);
        if (type == null || type == FrameType.PAGES || type == FrameType.KEEPALIVE || type.inFilesOnly()) {
            return null;
        }
        try {
            return Cbor.decode(Arrays.copyOfRange(vector.bytes(), Frame.HEADER, vector.bytes().length));
        } catch (CborException e) {
            return null;
        }
    }

    @Test
    void everyGoodVectorIsWhatTheCddlSays() throws Exception {
        var cddl = new Cddl(Files.readString(CDDL));
        var matched = new TreeSet<String>();
        for (Vector vector : Vector.read(Files.readString(Path.of("../docs/spec/vectors/messages.txt")))) {
            Object message = message(vector);
            if (message != null && vector.reaction().equals("accept")) {
                FrameType type = type(vector);
                assertTrue(cddl.matches(rule(type), message), vector.name());
                matched.add(rule(type));
            }
        }
        assertEquals(Set.of("hello", "manifest", "verdict", "empty", "round", "section", "finish", "loaded", "running",
            "error"), matched);
        assertTrue(cddl.matches("state", Cbor.decode(state())));
    }

    /** What is wrong with them is a matter of CDDL, and not of CBOR or of what the words mean. */
    @Test
    void theCddlSaysWhatIsWrongWithMalformedVectors() throws Exception {
        var cddl = new Cddl(Files.readString(CDDL));
        var wrong = Set.of("hello-no-value", "hello-need", "manifest-empty", "manifest-contents-size", "manifest-criticality", "manifest-field-type",
            "verdict-outcome", "start-list", "round-missing", "finish-negative", "loaded-digest", "error-empty", "cbor-not-a-map",
            "cbor-integer-keys", "hello-time-text");
        var found = new TreeSet<String>();
        for (Vector vector : Vector.read(Files.readString(Path.of("../docs/spec/vectors/messages.txt")))) {
            Object message = message(vector);
            if (message != null && !cddl.matches(rule(type(vector)), message)) {
                found.add(vector.name());
            }
        }
        assertEquals(new TreeSet<>(wrong), found);
    }
}
