package org.sterna.machine.virt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.board.Board.Slot;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;
import org.sterna.machine.time.GuestClock;
import org.sterna.machine.virt.internal.interrupt.HartInputs;

class VirtBoardTest {
    private static final int MEMORY = 16 << 20;
    private static final long PLIC_SUPERVISOR_CLAIM = MemoryMap.PLIC + 0x20_1004;

    @TempDir
    private Path directory;

    private String file() throws IOException {
        return Files.write(directory.resolve("image"), new byte[100]).toString();
    }

    @Test
    void hasTheSlotsOfItsMapAndNoMore() {
        try (var bench = new BoardBench(1, MEMORY, Map.of())) {
            assertEquals(List.of("uart", "virtio-mmio", "platform"), bench.board().slotKinds());
            assertEquals(0x1000_0000L, bench.board().slot("uart", 0).base());
            assertEquals(0x1000_8000L, bench.board().slot("virtio-mmio", 7).base());
            assertEquals(0x400_f000L, bench.board().slot("platform", 15).base());
            assertNull(bench.board().slot("uart", 1));
            assertNull(bench.board().slot("virtio-mmio", 8));
            assertNull(bench.board().slot("platform", 16));
            assertNull(bench.board().slot("pci", 0));
        }
    }

    @Test
    void eachSlotHasAnInterruptOfItsOwn() {
        try (var bench = new BoardBench(1, MEMORY, Map.of())) {
            for (int source = 1; source < 96; source++) {
                bench.write(MemoryMap.PLIC + 4 * source, 4, 1);
            }
            for (int word = 0; word < 3; word++) {
                bench.write(MemoryMap.PLIC + 0x2080 + 4 * word, 4, -1);
            }
            var seen = new HashSet<Long>();
            for (String kind : bench.board().slotKinds()) {
                Slot slot;
                for (int i = 0; (slot = bench.board().slot(kind, i)) != null; i++) {
                    slot.interrupt().set(true);
                    long source = bench.read(PLIC_SUPERVISOR_CLAIM, 4);
                    assertEquals(SlotKind.interruptAt(slot.base()), source);
                    assertTrue(seen.add(source));
                }
            }
            assertEquals(25, seen.size());
            assertFalse(seen.contains(0L));
        }
    }

    @Test
    void builtInFirmwareStartsTheFirstHartAlone() throws IOException {
        try (var bench = new BoardBench(2, MEMORY, Map.of("kernel", file()))) {
            bench.board().boot(List.of());
            assertNotNull(bench.board().environment());
            assertEquals(MemoryMap.MEMORY + 0x20_0000, bench.hart(0).programCounter());
            assertEquals(0, bench.hart(0).register(10));
            assertEquals(0xedfe_0dd0, bench.memory().getInt(bench.hart(0).register(11)));
            assertTrue(bench.hart(1).halted());
        }
    }

    @Test
    void theGuestsOwnFirmwareStartsOnEveryHart() throws IOException {
        try (var bench = new BoardBench(2, MEMORY, Map.of("firmware", "image", "bios", file()))) {
            bench.board().boot(List.of());
            assertNull(bench.board().environment());
            assertEquals(MemoryMap.MEMORY, bench.hart(0).programCounter());
            assertEquals(1, bench.hart(1).register(10));
            assertEquals(bench.hart(0).arguments(3).subList(1, 3), bench.hart(1).arguments(3).subList(1, 3));
        }
    }

    @Test
    void firmwareAndBiosGoTogether() {
        var refusal = assertThrows(MachineException.class, () -> new BoardBench(1, MEMORY, Map.of("bios", "fw.bin")));
        assertEquals("/virt", refusal.reasons().getFirst().subject());
        assertTrue(refusal.getMessage().contains("firmware=image"), refusal.getMessage());
        try (var bench = new BoardBench(1, MEMORY, Map.of("firmware", "image", "kernel", "Image"))) {
            var missing = assertThrows(MachineException.class, () -> bench.board().boot(List.of()));
            assertTrue(missing.getMessage().contains("--bios"), missing.getMessage());
        }
    }

    @Test
    void anImageThatIsMissingIsSaidBeforeTheGuestNeedsIt() throws IOException {
        try (var bench = new BoardBench(1, MEMORY, Map.of("kernel", file(), "initrd", directory.resolve("none").toString(),
                "firmware", "image", "bios", directory.toString()))) {
            assertEquals(List.of(
                new Reason("/virt", "bios", directory + " is not a file, so the guest could not restart",
                    "put the image there, or give another"),
                new Reason("/virt", "initrd", directory.resolve("none") + " does not exist, so the guest could not restart",
                    "put the image there, or give another")), bench.board().obstacles());
        }
        try (var bench = new BoardBench(1, MEMORY, Map.of("firmware", "image", "kernel", file()))) {
            assertEquals(List.of("bios"), bench.board().obstacles().stream().map(Reason::item).toList());
        }
        try (var bench = new BoardBench(1, MEMORY, Map.of("kernel", file()))) {
            assertEquals(List.of(), bench.board().obstacles());
        }
    }

    @Test
    void theTestFinisherSwitchesOff() {
        try (var bench = new BoardBench(1, MEMORY, Map.of())) {
            bench.write(MemoryMap.TEST, 4, 0x1234);
            bench.write(MemoryMap.TEST + 4, 4, 0x5555);
            assertEquals(List.of(), bench.events());
            bench.write(MemoryMap.TEST, 4, 0x5555);
            bench.write(MemoryMap.TEST, 4, 0x7777);
            bench.write(MemoryMap.TEST, 4, 7 << 16 | 0x3333);
            assertEquals(List.of("off: the guest has switched itself off", "restart",
                "panic: the guest has ended with failure code 7"), bench.events());
        }
    }

    @Test
    void aStateGoesToAnotherBoardAndBack() throws StateException {
        StateType<VirtState> type = StateType.of("virt", VirtState.class);
        long[] hostTime = {0};
        try (var here = new BoardBench(2, MEMORY, Map.of(), BoardBench.standing(hostTime));
                var there = new BoardBench(2, MEMORY, Map.of(), BoardBench.standing(hostTime))) {
            here.write(MemoryMap.PLIC + 40, 4, 3);
            here.write(MemoryMap.PLIC + 0x2080, 4, 1 << 10);
            here.board().slot("uart", 0).interrupt().set(true);
            here.write(MemoryMap.CLINT + 4, 4, 1);
            here.write(MemoryMap.CLINT + 0x4000, 8, 0);
            here.call(here.board().environment(), 1, 0x5449_4d45, 0, 0);
            VirtState state = here.board().state();
            there.board().restore(type.fromTree(type.toTree(state)));
            assertEquals(state, there.board().state());
            assertTrue(there.hart(0).high(HartInputs.SUPERVISOR_EXTERNAL));
            assertTrue(there.hart(0).high(HartInputs.MACHINE_TIMER));
            assertTrue(there.hart(1).high(HartInputs.MACHINE_SOFTWARE));
            assertTrue(there.hart(1).high(HartInputs.SUPERVISOR_TIMER));
            assertFalse(there.hart(0).high(HartInputs.SUPERVISOR_TIMER));
            here.board().restore(there.board().state());
            assertEquals(state, here.board().state());
        }
    }

    @Test
    void aTimerOfTheFirmwareThatIsStillToComeFiresAfterARestore() {
        try (var here = new BoardBench(1, MEMORY, Map.of(), new GuestClock());
                var there = new BoardBench(1, MEMORY, Map.of(), new GuestClock())) {
            here.call(here.board().environment(), 0, 0x5449_4d45, 0, 100_000);
            there.board().restore(here.board().state());
            assertFalse(there.hart(0).high(HartInputs.SUPERVISOR_TIMER));
            there.clock().start();
            there.hart(0).awaitHigh(HartInputs.SUPERVISOR_TIMER);
        }
    }

    @Test
    void aStateOfAnotherFirmwareIsRefused() {
        try (var builtin = new BoardBench(1, MEMORY, Map.of());
                var image = new BoardBench(1, MEMORY, Map.of("firmware", "image"))) {
            var state = builtin.board().state();
            assertTrue(assertThrows(IllegalArgumentException.class, () -> image.board().restore(state))
                .getMessage().startsWith("sbi"));
            assertTrue(assertThrows(IllegalArgumentException.class,
                () -> builtin.board().restore(image.board().state())).getMessage().startsWith("sbi"));
        }
    }
}
