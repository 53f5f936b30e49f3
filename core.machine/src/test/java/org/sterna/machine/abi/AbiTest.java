package org.sterna.machine.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

class AbiTest {
    record Nothing(@Field(1) long a) {
    }

    private static final org.sterna.machine.abi.Property<Boolean> DISCARD =
        org.sterna.machine.abi.Property.feature("discard", 13).since("1.1").meaning("Discards.");
    private static final org.sterna.machine.abi.Property<Long> QUEUES =
        org.sterna.machine.abi.Property.guest("queues", new PropertyType.Number(1, 8)).defaultValue(1L)
            .defaultValue("1.2", 4L).meaning("Queues.");

    @Test
    void theDefaultFollowsFromTheAbiVersion() {
        assertFalse(DISCARD.defaultUnder(AbiVersion.parse("1.0")));
        assertTrue(DISCARD.defaultUnder(AbiVersion.parse("1.1")));
        assertEquals(1, QUEUES.defaultUnder(AbiVersion.parse("1.1")));
        assertEquals(4, QUEUES.defaultUnder(AbiVersion.parse("1.2")));
        assertEquals(4, QUEUES.defaultUnder(AbiVersion.parse("1.9")));
        assertNull(org.sterna.machine.abi.Property.host("drive", new PropertyType.Text(100)).meaning("Disk.")
            .defaultUnder(AbiVersion.parse("1.0")));
    }

    @Test
    void aLaterPropertyMustSayWhatStandsForItsAbsence() {
        var builder = org.sterna.machine.abi.Property.guest("x", new PropertyType.Number(0, 9)).since("1.1").defaultValue(1L);
        assertThrows(IllegalArgumentException.class, () -> builder.meaning("X."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1.", ".1", "0.1", "1.01", "1.0.0", "a.b", "1.99999", "-1.0"})
    void refusesWhatIsNoAbiVersion(String text) {
        assertThrows(IllegalArgumentException.class, () -> AbiVersion.parse(text));
    }

    @Test
    void anAbiVersionOffersEarlierMinorsOfItsMajor() {
        assertTrue(AbiVersion.parse("1.2").offers(AbiVersion.parse("1.0")));
        assertFalse(AbiVersion.parse("1.0").offers(AbiVersion.parse("1.1")));
        assertFalse(AbiVersion.parse("2.0").offers(AbiVersion.parse("1.0")));
    }

    @Test
    void readsSizes() {
        var size = new PropertyType.Size(4096, 1L << 40, 4096);
        assertEquals(256L << 20, size.parse("256M"));
        assertEquals(4096, size.parse("4k"));
        assertEquals(8192, size.parse("8192"));
        for (String wrong : List.of("", "M", "1", "-4096", "4097", "1e6", "99999999999T", "5000T", "4096B")) {
            assertThrows(IllegalArgumentException.class, () -> size.parse(wrong), wrong);
        }
    }

    @Property
    void aNumberIsInItsRangeOrRefused(@ForAll long value) {
        var type = new PropertyType.Number(-100, 1000);
        if (value >= -100 && value <= 1000) {
            assertEquals(value, type.parse(Long.toString(value)));
        } else {
            assertThrows(IllegalArgumentException.class, () -> type.parse(Long.toString(value)));
        }
    }

    private static AbiDocument document(Map<org.sterna.machine.abi.Property<?>, Setting> settings, String abi) {
        var model = new Model("virtio-blk", AbiVersion.parse("1.2"), List.of(DISCARD, QUEUES), StateType.of("virtio-blk", Nothing.class));
        var part = PartAbi.of(model, AbiVersion.parse(abi), 0, settings);
        var bare = new PartAbi("virt", AbiVersion.parse("1.0"), 0, new TreeMap<>());
        return new AbiDocument("virt-1.0", 1 << 28, 1, bare, bare, new TreeMap<>(Map.of("/virtio-blk@0", part)));
    }

    @Test
    void aPropertyThatIsAsBeforeItExistedIsNotInTheDocument() {
        var with = document(Map.of(DISCARD, new Setting(false, Provenance.USER), QUEUES, new Setting(1L, Provenance.MACHINE_TYPE)), "1.0");
        assertEquals("[queues]", with.devices().get("/virtio-blk@0").settings().keySet().toString());
    }

    @Test
    void theDocumentIsCanonicalJson() {
        var document = document(Map.of(DISCARD, new Setting(true, Provenance.USER), QUEUES, new Setting(1L, Provenance.MACHINE_TYPE)), "1.1");
        assertEquals("{\"board\":{\"abi\":\"1.0\",\"properties\":{},\"slot\":0,\"type\":\"virt\"},\"devices\":{\"/virtio-blk@0\":"
            + "{\"abi\":\"1.1\",\"properties\":{\"discard\":{\"from\":\"user\",\"value\":true},\"queues\":{\"from\":\"machine-type\","
            + "\"value\":1}},\"slot\":0,\"type\":\"virtio-blk\"}},\"machineType\":\"virt-1.0\",\"memory\":268435456,"
            + "\"processor\":{\"abi\":\"1.0\",\"properties\":{},\"slot\":0,\"type\":\"virt\"},\"processors\":1}", document.toJson());
        assertEquals(document, AbiDocument.fromJson(document.toJson()));
    }

    @Test
    void provenanceDoesNotChangeTheFingerprintButAValueDoes() {
        var one = document(Map.of(QUEUES, new Setting(1L, Provenance.USER)), "1.1");
        var two = document(Map.of(QUEUES, new Setting(1L, Provenance.HOST)), "1.1");
        var three = document(Map.of(QUEUES, new Setting(2L, Provenance.USER)), "1.1");
        assertEquals(one.fingerprint(), two.fingerprint());
        assertNotEquals(one.fingerprint(), three.fingerprint());
        assertEquals(64, one.fingerprint().length());
    }

    @Property
    void textsSurviveTheDocument(@ForAll String text) {
        var serial = org.sterna.machine.abi.Property.guest("serial", new PropertyType.Text(100_000)).meaning("Serial.");
        var part = new PartAbi("x", AbiVersion.parse("1.0"), 3, new TreeMap<>(Map.of(serial.name(), new Setting(text, Provenance.USER))));
        var document = new AbiDocument("m", 4096, 2, part, part, new TreeMap<>());
        assertEquals(document, AbiDocument.fromJson(document.toJson()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "{}", "{\"board\":1}", "{\"a\":1,\"a\":2}", "1 2", "{\"board\":null}"})
    void refusesWhatIsNoDocument(String json) {
        var e = assertThrows(IllegalArgumentException.class, () -> AbiDocument.fromJson(json));
        assertFalse(e.getMessage().isBlank());
    }

    @Test
    void readsAMachineType() {
        var type = MachineType.fromJson("{\"family\":\"virt\",\"version\":\"1.1\",\"board\":\"virt\",\"processor\":\"riscv64\","
            + "\"abi\":{\"virt\":\"1.0\",\"riscv64\":\"1.0\",\"virtio-blk\":\"1.1\"}}");
        assertEquals("virt-1.1", type.name());
        assertEquals(AbiVersion.parse("1.1"), type.abi().get("virtio-blk"));
        assertThrows(IllegalArgumentException.class, () -> MachineType.fromJson("{\"family\":\"virt\",\"version\":\"1.1\","
            + "\"board\":\"virt\",\"processor\":\"riscv64\",\"abi\":{\"virt\":\"1.0\"}}"), "no ABI version for the processor");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "'version':'1.0'  | 'version':'1.x'        | machine type.version: not an ABI version",
        "'virt':'1.0'     | 'virt':'one'           | machine type.abi.virt: not an ABI version",
        "'virt':'1.0'     | 'Virt':'1.0'           | not a name: 'Virt'",
        "'virt':'1.0'     | 'serial':'1.0'         | gives no ABI version for virt",
        "'family':'acme'  | 'family':'Not a name'  | not a name: 'Not a name'",
        "'family':'acme'  | 'family':7             | machine type.family is not a string",
        "'family':'acme'  | 'familie':'acme'       | a machine type has no 'familie'",
        "'board':'virt',  | ``                     | machine type has no 'board'",
        "'board'          | board                  | in line 1",
        "'1.0'}}          | '1.0'                  | not JSON: it ends too early, in line 1, column 106"})
    void refusesWhatIsNoMachineTypeAndSaysWhere(String right, String wrong, String message) {
        String type = "{'family':'acme','version':'1.0','board':'virt','processor':'riscv64','abi':{'riscv64':'1.0','virt':'1.0'}}";
        assertEquals("acme-1.0", MachineType.fromJson(type.replace('\'', '"')).name());
        var refusal = assertThrows(IllegalArgumentException.class,
            () -> MachineType.fromJson(type.replace(right, wrong).replace('\'', '"')));
        assertTrue(refusal.getMessage().contains(message), refusal.getMessage());
    }
}
