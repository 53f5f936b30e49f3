package org.sterna.machine.virt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.state.StateType;
import org.sterna.machine.virt.internal.interrupt.HartInputs;

/** What the properties of ABI 1.1 do, and that the board of ABI 1.0 is what it was. */
class PropertiesTest {
    private static final int MEMORY = 1 << 20;
    private static final long BASE = 0x10;
    private static final List<Long> NOT_SUPPORTED = List.of(-2L, 0L);

    private static PartAbi abi(String version, Map<String, String> given) {
        return Configuration.ofUser(new VirtBoardFactory().model(), AbiVersion.parse(version), given, (property, complaint) -> {
            throw new IllegalArgumentException(property.name() + ": " + complaint);
        }).part(0);
    }

    private static BoardBench bench(String... properties) {
        var map = new TreeMap<String, String>();
        for (String property : properties) {
            map.put(property.split("=")[0], property.split("=")[1]);
        }
        return new BoardBench(1, MEMORY, map);
    }

    private static Set<Long> registers(BoardBench bench) {
        var bases = new HashSet<Long>();
        for (MmioBus.Region region : bench.bus().regions()) {
            bases.add(region.base());
        }
        return bases;
    }

    @Test
    void theFirstAbiKnowsNothingOfTheNewProperties() {
        assertEquals(Set.of("firmware", "timebase"), abi("1.0", Map.of()).settings().keySet());
        assertEquals(Set.of("firmware", "timebase", "rtc"), abi("1.1", Map.of()).settings().keySet(),
            "the real-time clock is all that a guest notices");
        assertEquals(abi("1.0", Map.of()).settings().keySet(), abi("1.1", Map.of("rtc", "off")).settings().keySet());
    }

    @Test
    void theFirstAbiHasTheRegistersThatItHad() {
        try (var bench = bench("rtc=off")) {
            assertEquals(Set.of(MemoryMap.TEST, MemoryMap.CLINT, MemoryMap.PLIC), registers(bench));
        }
    }

    @Test
    void devicesThatAreOffAreNotOnTheBus() {
        try (var bench = bench("rtc=off", "test-finisher=off")) {
            assertEquals(Set.of(MemoryMap.CLINT, MemoryMap.PLIC), registers(bench));
        }
    }

    @Test
    void theRealTimeClockInterruptsThroughThePlic() {
        try (var bench = bench()) {
            bench.write(MemoryMap.PLIC + 4 * 11, 4, 1);
            bench.write(MemoryMap.PLIC + 0x2080, 4, 1 << 11);
            bench.write(MemoryMap.RTC + 0x10, 4, 1);
            bench.write(MemoryMap.RTC + 0x08, 4, 1);
            assertTrue(bench.hart(0).high(HartInputs.SUPERVISOR_EXTERNAL));
            assertEquals(11, bench.read(MemoryMap.PLIC + 0x20_1004, 4));
        }
    }

    @Test
    void aClockThatHasBeenUsedDoesNotGoToABoardWithoutOne() {
        try (var with = bench(); var without = bench("rtc=off")) {
            without.board().restore(with.board().state());
            with.write(MemoryMap.RTC + 0x10, 4, 1);
            var state = with.board().state();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> without.board().restore(state))
                .getMessage().startsWith("rtc:"));
        }
    }

    @Test
    void aBoardWithoutClockHasTheStateOfTheFirstVersion() throws Exception {
        StateType<VirtState> type = StateType.of("virt", VirtState.class);
        try (var bench = bench("rtc=off")) {
            var tree = type.toTree(bench.board().state());
            tree.remove(4L);
            assertEquals(bench.board().state(), type.fromTree(tree));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "8, 8", "9, 9", "32, 32", "55, 55"})
    void thereAreAsManyPlacesForVirtioDevicesAsItSays(int slots, int expected) {
        try (var bench = bench("virtio-slots=" + slots)) {
            for (int i = 0; i < expected; i++) {
                assertEquals(0x1000_1000L + 0x1000L * i, bench.board().slot("virtio-mmio", i).base());
            }
            assertNull(bench.board().slot("virtio-mmio", expected));
            assertEquals(expected > 0, bench.board().slotKinds().contains("virtio-mmio"));
        }
    }

    @Test
    void noTwoSlotsShareAnInterrupt() {
        var seen = new HashSet<Integer>(Set.of(MemoryMap.RTC_INTERRUPT));
        for (SlotKind kind : SlotKind.values()) {
            for (int i = 0; i < kind.count(); i++) {
                assertTrue(seen.add(kind.interrupt(i)), kind + " " + i);
                assertEquals(kind.interrupt(i), SlotKind.interruptAt(kind.base(i)));
            }
            if (kind != SlotKind.VIRTIO_MMIO) {
                assertTrue(kind.interrupt(kind.count() - 1) <= 72, "the fewest sources that a PLIC can be told to have");
            }
        }
    }

    @Test
    void thereAreNoMorePlacesThanInterruptSources() {
        bench("virtio-slots=64", "plic-sources=104").close();
        bench("virtio-slots=32", "plic-sources=72").close();
        var refused = assertThrows(MachineException.class, () -> bench("virtio-slots=56"));
        assertEquals("/virt.virtio-slots: 56 places need 96 interrupt sources, and plic-sources is 95 (say plic-sources=96 too)",
            refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"sbi-time, 0x54494d45", "sbi-ipi, 0x735049", "sbi-rfence, 0x52464e43", "sbi-hsm, 0x48534d",
        "sbi-srst, 0x53525354"})
    void anExtensionThatIsOffDoesNotExist(String property, String id) {
        long extension = Long.decode(id);
        try (var with = bench(); var without = bench(property + "=off")) {
            assertEquals(List.of(0L, 1L), with.call(with.board().environment(), 0, BASE, 3, extension));
            assertEquals(List.of(0L, 0L), without.call(without.board().environment(), 0, BASE, 3, extension));
            assertEquals(NOT_SUPPORTED, without.call(without.board().environment(), 0, extension, 0, 0, 0, 0));
            assertEquals(List.of(), without.events());
        }
    }

    @Test
    void theFirmwareSaysWhatItIsToldToSay() {
        try (var bench = bench("sbi-version=1.0", "sbi-implementation=1", "sbi-implementation-version=0x10002")) {
            var firmware = bench.board().environment();
            assertEquals(List.of(0L, 0x0100_0000L), bench.call(firmware, 0, BASE, 0));
            assertEquals(List.of(0L, 1L), bench.call(firmware, 0, BASE, 1));
            assertEquals(List.of(0L, 0x1_0002L), bench.call(firmware, 0, BASE, 2));
        }
        try (var bench = bench()) {
            var firmware = bench.board().environment();
            assertEquals(List.of(0L, 0x0200_0000L), bench.call(firmware, 0, BASE, 0));
            assertEquals(List.of(0L, 0x5354_4e41L), bench.call(firmware, 0, BASE, 1));
            assertEquals(List.of(0L, 0x1_0000L), bench.call(firmware, 0, BASE, 2));
        }
    }

    @Test
    void firmwareOfTheGuestHasNoPropertiesHere() {
        var refused = assertThrows(IllegalArgumentException.class,
            () -> abi("1.1", Map.of("firmware", "image", "sbi-hsm", "off")));
        assertTrue(refused.getMessage().contains("firmware=builtin"), refused.getMessage());
        assertFalse(abi("1.1", Map.of("firmware", "image")).settings().containsKey("sbi-hsm"));
        assertNotNull(abi("1.1", Map.of("sbi-hsm", "off")).settings().get("sbi-hsm"));
    }
}
