package org.sterna.machine.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.abi.AbiDifference.Kind;

class AbiDocumentTest {
    private static final AbiVersion ABI = new AbiVersion(1, 0);
    private static final PartAbi BOARD = new PartAbi("virt", ABI, 0, new TreeMap<>());
    private static final PartAbi PROCESSOR = new PartAbi("riscv64", ABI, 0, new TreeMap<>());

    private static PartAbi disk(int slot, Map<String, Object> values) {
        var settings = new TreeMap<String, Setting>();
        values.forEach((name, value) -> settings.put(name, new Setting(value, Provenance.HOST)));
        return new PartAbi("virtio-blk", ABI, slot, settings);
    }

    private static AbiDocument document(PartAbi... disks) {
        var devices = new TreeMap<String, PartAbi>();
        for (PartAbi disk : disks) {
            devices.put("/virtio-blk@" + devices.size(), disk);
        }
        return new AbiDocument("virt-1.0", 1 << 20, 1, BOARD, PROCESSOR, devices);
    }

    /** What RFC 8785, section 3.2.2.2, says about each kind of character. */
    @Test
    void textsAreEscapedAsTheStandardSays() {
        var text = "\u20ac$\u000f\nA'B\"\\\\\"/\b\f\r\t\u007f\ud83d\ude00";
        var document = document(disk(0, Map.of("serial", text)));
        assertTrue(document.toJson().contains("\"value\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\f\\r\\t\u007f\ud83d\ude00\""),
            document.toJson());
        assertEquals(document, AbiDocument.fromJson(document.toJson()));
    }

    @Test
    void namesAreInTheOrderOfTheirCharacters() {
        var document = document(disk(0, Map.of("b-c", 1L, "b", 2L, "a1", 3L, "b1", 4L)));
        assertTrue(document.toJson().contains("{\"a1\":{\"from\":\"host\",\"value\":3},\"b\":{\"from\":\"host\",\"value\":2},"
            + "\"b-c\":{\"from\":\"host\",\"value\":1},\"b1\":{"), document.toJson());
    }

    @ParameterizedTest
    @ValueSource(longs = {PropertyType.MAX_NUMBER, -PropertyType.MAX_NUMBER, 0})
    void theLargestNumbersSurvive(long number) {
        var document = document(disk(0, Map.of("number", number)));
        assertEquals(document, AbiDocument.fromJson(document.toJson()));
    }

    @Test
    void aNumberThatNotEveryReaderKeepsIsNoValue() {
        assertThrows(IllegalArgumentException.class, () -> new Setting(PropertyType.MAX_NUMBER + 1, Provenance.USER));
        assertThrows(IllegalArgumentException.class, () -> new Setting(Long.MIN_VALUE, Provenance.USER));
    }

    @Test
    void halfACharacterIsNoValue() {
        assertThrows(IllegalArgumentException.class, () -> new Setting("\ud800", Provenance.USER));
        assertThrows(IllegalArgumentException.class, () -> new PropertyType.Text(9).parse("\udc00"));
    }

    @Test
    void onlyTheCanonicalTextIsRead() {
        assertEquals(GOOD, AbiDocument.fromJson(GOOD).toJson());
        for (String loose : List.of(GOOD + "\n", GOOD.replace(":1048576", ": 1048576"), GOOD.replace("\"board\"", "\"bo\\u0061rd\""),
                GOOD.replace("{\"abi\":\"1.0\",\"properties\":{},", "{\"properties\":{},\"abi\":\"1.0\","))) {
            var refusal = assertThrows(IllegalArgumentException.class, () -> AbiDocument.fromJson(loose), loose);
            assertTrue(refusal.getMessage().contains("not canonical JSON"), refusal.getMessage());
        }
    }

    private static final String GOOD = document(disk(3, Map.of("capacity", 512L))).toJson();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "\"memory\":1048576 | \"memory\":1e6 | ABI document.memory is neither",
        "\"memory\":1048576 | \"memory\":-4096 | ABI document.memory is not an integer from 1",
        "\"memory\":1048576 | \"memory\":9007199254740992 | ABI document.memory is not an integer from 1",
        "\"memory\":1048576 | \"memory\":99999999999999999999 | a number has more than 64 bits, in line 1",
        "\"memory\":1048576 | \"memory\":1048576,\"memory\":1 | not JSON: 'memory' is there twice, in line 1, column ",
        "\"memory\":1048576 | \"memory\":1048576,\"cache\":1 | ABI document has an unknown 'cache'",
        "\"processors\":1 | \"processors\":4294967297 | ABI document.processors is not an integer from 1 to 65535",
        "\"slot\":3 | \"slot\":3,\"room\":1 | ABI document.devices./virtio-blk@0 has an unknown 'room'",
        "\"slot\":3 | \"slot\":70000 | ABI document.devices./virtio-blk@0.slot",
        "\"from\":\"host\" | \"from\":\"moon\" | ABI document.devices./virtio-blk@0.properties.capacity.from: not a provenance: 'moon'",
        "\"from\":\"host\", | `` | ABI document.devices./virtio-blk@0.properties.capacity has no 'from'",
        "\"value\":512 | \"value\":null | properties.capacity.value is neither",
        "\"value\":512 | \"value\":9007199254740993 | properties.capacity.value: not the value of a property",
        "\"value\":512 | \"value\":\"\\ud800\" | properties.capacity.value: not the value of a property",
        "\"capacity\" | \"\\u001b[2J\" | ABI document.devices./virtio-blk@0.properties has a name",
        "/virtio-blk@0 | ../../disk | ABI document.devices has a name",
        "\"virt-1.0\" | \"virt\\u001b[0m\" | ABI document.machineType is not of the form",
        "\"type\":\"virt\" | \"type\":\"Virt!\" | ABI document.board: not a type name",
        "\"abi\":\"1.0\" | \"abi\":\"1\" | ABI document.board.abi: not an ABI version"})
    void whatIsWrongIsSaidWithItsPlace(String old, String changed, String message) {
        assertTrue(GOOD.contains(old), GOOD);
        String json = new StringBuilder(GOOD).replace(GOOD.indexOf(old), GOOD.indexOf(old) + old.length(), changed).toString();
        var refusal = assertThrows(IllegalArgumentException.class, () -> AbiDocument.fromJson(json));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }

    @Test
    void aTextWithoutBoundsIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> AbiDocument.fromJson(" ".repeat(AbiDocument.MAX_LENGTH + 1)));
        assertThrows(IllegalArgumentException.class, () -> AbiDocument.fromJson("{\"a\":".repeat(100_000)));
    }

    @Test
    void aPathLeadsToItsPartAndToTheOptionThatSetsIt() {
        var document = document(disk(0, Map.of()));
        assertEquals(Optional.of(PROCESSOR), document.part("/riscv64@1"));
        assertEquals(Optional.empty(), document.part("/riscv64x"));
        assertEquals("--board timebase=5", document.option("/virt", "timebase", "5"));
        assertEquals("--processor isa=a", document.option("/riscv64", "isa", "a"));
        assertEquals("--device virtio-blk,serial=a,,b", document.option("/virtio-blk@0", "serial", "a,b"));
    }

    @Test
    void theDifferencesAreWhatAGuestWouldNotice() {
        var a = document(disk(0, Map.of("queues", 4L, "serial", "x")), disk(1, Map.of()));
        var b = new AbiDocument("virt-9.9", 2 << 20, 1, BOARD, PROCESSOR, new TreeMap<>(Map.of("/virtio-blk@0",
            new PartAbi("virtio-blk", new AbiVersion(1, 7), 2, disk(0, Map.of("serial", "x", "mq", true)).settings()))));
        assertEquals(List.of(
            new AbiDifference(Kind.MACHINE, "", "memory", 1L << 20, 2L << 20),
            new AbiDifference(Kind.PART, "/virtio-blk@0", "slot", 0L, 2L),
            new AbiDifference(Kind.PROPERTY, "/virtio-blk@0", "mq", null, true),
            new AbiDifference(Kind.PROPERTY, "/virtio-blk@0", "queues", 4L, null),
            new AbiDifference(Kind.DEVICE, "/virtio-blk@1", "", "virtio-blk", null)), AbiDifference.between(a, b));
        assertEquals(List.of(), AbiDifference.between(a, a));
    }
}
