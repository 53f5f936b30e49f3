package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.Migrations;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;

/** What hosts with later bundles, or a third party's, declare: this one says what it lacks, by its name. */
@ExtendWith(ServiceExtension.class)
class FutureMachineTest {
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    private Machine machine;
    private Map<String, Object> manifest;

    @BeforeEach
    void declare() throws Exception {
        machine = machines.create(new MachineDefinition("future", "virt-1.0", 1 << 20, 1, Map.of(), Map.of(),
            List.of(new DeviceDefinition("pvclock", Map.of()))));
        machine.attach();
        machine.restored();
        manifest = texts(Cbor.decode(migrations.declare(machine, Set.of())));
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private static Map<String, Object> texts(Object tree) {
        var map = new TreeMap<String, Object>();
        ((Map<?, ?>) tree).forEach((key, value) -> map.put((String) key, value));
        return map;
    }

    private Verdict answer() {
        return migrations.answer(Cbor.encode(manifest), Map.of());
    }

    private void abi(UnaryOperator<String> change) {
        String before = (String) manifest.get("abi");
        String after = change.apply(before);
        assertFalse(before.equals(after), before);
        manifest.put("abi", after);
    }

    /** All of it is said in one reason's words. */
    private void isBlocked(String subject, String words) {
        Verdict verdict = answer();
        assertEquals(Outcome.BLOCKED, verdict.outcome(), verdict.toString());
        assertTrue(verdict.reasons().stream().map(Reason::toString).anyMatch(reason -> reason.startsWith(subject)
            && reason.contains(words)), verdict.reasons().toString());
    }

    @Test
    void whatIsDeclaredHereCanBeTakenHere() {
        assertEquals(Outcome.OK, answer().outcome(), answer().toString());
    }

    @Test
    void aDeviceOfAThirdPartyIsBlockedByTheNameOfItsType() {
        var sections = new ArrayList<Object>((List<?>) manifest.get("sections"));
        sections.add(new TreeMap<>(Map.of("path", "/example-gpu@0", "type", "example-gpu", "version", "3.0.0",
            "schema", Map.of("type", "example-gpu", "version", 1L, "fields", List.of(Map.of("id", 1L, "name", "registers",
                "type", "bytes", "since", 1L, "criticality", "mandatory", "extension", "com.example.turbo"))),
            "not-default", List.of(), "acked", List.of("turbo"), "after", List.of("/pvclock@0"))));
        manifest.put("sections", sections);
        abi(json -> json.replace("\"devices\":{", "\"devices\":{\"/example-gpu@0\":{\"abi\":\"1.0\",\"properties\":{},\"slot\":9,"
            + "\"type\":\"example-gpu\"},"));
        isBlocked("/example-gpu@0", "example-gpu");
    }

    @Test
    void anAbiVersionOfTheFutureIsNamed() {
        abi(json -> json.replaceFirst("(\"/pvclock@0\":\\{\"abi\":\")[0-9.]+", "$19.3"));
        isBlocked("/pvclock@0", "9.3");
    }

    @Test
    void aMachineTypeOfTheFutureIsNoObstacleOfItsOwn() {
        // The document says all that the type stood for; what decides is whether its parts can be had.
        abi(json -> json.replace("\"machineType\":\"virt-1.0\"", "\"machineType\":\"virt-7.5\""));
        assertEquals(Outcome.OK, answer().outcome(), answer().toString());
    }

    @ParameterizedTest
    @CsvSource({"memory, 9223372036854771712", "memory, 4611686018427387904", "processors, 2147483647", "processors, 0",
        "memory, 0", "memory, 1", "memory, -4096"})
    void aMachineOfNoReasonableSizeIsRefusedBeforeAnythingIsBuilt(String key, String value) {
        abi(json -> json.replaceFirst("\"" + key + "\":[0-9]+", "\"" + key + "\":" + value));
        try {
            Verdict verdict = answer();
            assertEquals(Outcome.BLOCKED, verdict.outcome(), verdict.toString());
            verdict.reasons().forEach(reason -> assertFalse(reason.toString().contains("Exception"), reason.toString()));
        } catch (MachineException malformed) {
            assertFalse(malformed.getMessage().contains("Exception"), malformed.getMessage());
        }
    }

    @Test
    void aWordOfTheFutureIsNamed() {
        manifest.put("sections", changed(manifest.get("sections"), "mandatory", "mandatory-since-2031"));
        var refused = assertThrows(MachineException.class, this::answer);
        assertTrue(refused.getMessage().contains("'mandatory-since-2031'"), refused.getMessage());
    }

    private static Object changed(Object node, String from, String to) {
        return switch (node) {
            case Map<?, ?> map -> {
                var tree = new TreeMap<Object, Object>();
                map.forEach((key, value) -> tree.put(key, changed(value, from, to)));
                yield tree;
            }
            case List<?> list -> list.stream().map(item -> changed(item, from, to)).toList();
            default -> node.equals(from) ? to : node;
        };
    }
}
