package org.sterna.machine.virt.internal.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sterna.machine.board.Board.Placed;
import org.sterna.machine.board.Board.Slot;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.processor.ProcessorNode;
import org.sterna.machine.virt.internal.boot.DeviceTreeReader.Node;

class DeviceTreeTest {
    /** What a board of ABI 1.0 says. */
    static final BoardTree BOARD =
        new BoardTree("sterna,virt", List.of("riscv-virtio"), 10_000_000, 95, true, true, false);
    private static final ProcessorNode HART = ProcessorNode.of("riscv").with("riscv,isa", "rv64imac_zicsr_zifencei")
        .with("riscv,isa-base", "rv64i").with("riscv,isa-extensions", "i", "m", "a", "c", "zicsr", "zifencei")
        .with("mmu-type", "riscv,sv39");
    private static final byte[] SEED = {1, 2, 3};

    private static WiredDevice device(String path, long base, long size, int interrupt, DeviceNode node) {
        return new WiredDevice(new Placed(path, new Slot(base, size, high -> { }), node), interrupt);
    }

    private static final List<WiredDevice> DEVICES = List.of(
        device("/serial@0", 0x1000_0000L, 0x100, 10,
            DeviceNode.of("serial", "ns16550a").with("clock-frequency", 3_686_400)),
        device("/virtio-blk@0", 0x1000_1000L, 0x1000, 1, DeviceNode.of("virtio_mmio", "virtio,mmio")));

    private static Node tree(int harts, List<WiredDevice> devices, String arguments, Range initrd) {
        return DeviceTreeReader.read(blob(BOARD, harts, devices, arguments, initrd, SEED));
    }

    private static Node tree(BoardTree board) {
        return DeviceTreeReader.read(blob(board, 1, DEVICES, null, null, null));
    }

    private static byte[] blob(BoardTree board, int harts, List<WiredDevice> devices, String arguments, Range initrd,
            byte[] seed) {
        try (var memory = new GuestMemory(0x8000_0000L, 256 << 20)) {
            return new DeviceTree(board, Collections.nCopies(harts, HART), memory, devices, arguments, initrd, seed).blob();
        }
    }

    /** The tree of the first board, byte for byte. */
    @Test
    void underTheFirstAbiItIsFrozen() throws NoSuchAlgorithmException {
        byte[] blob = blob(BOARD, 2, DEVICES, "quiet", new Range(0x8400_0000L, 0x8412_3456L), SEED);
        assertEquals("e6e7287d83eff8ef562a9adba7461cd25c0b5948b52b680daa2a78c0f85fcf3c",
            HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(blob)));
    }

    @Test
    void saysWhatThePropertiesSay() {
        Node root = tree(new BoardTree("acme,desk", List.of("acme,desk", "riscv-virtio"), 1_000_000, 127, false, false, true));
        assertEquals(List.of("acme,desk"), root.strings("model"));
        assertEquals(List.of("acme,desk", "riscv-virtio"), root.strings("compatible"));
        assertEquals(List.of(1_000_000L), root.at("/cpus").cells("timebase-frequency"));
        assertEquals(List.of(127L), root.at("/soc/plic@c000000").cells("riscv,ndev"));
        assertFalse(root.at("/chosen").properties().containsKey("rng-seed"));
        assertEquals(Set.of("chosen", "memory@80000000", "cpus", "soc"), root.children().keySet(), "no way to switch off");
        Node rtc = root.at("/soc/rtc@101000");
        assertEquals(List.of("google,goldfish-rtc"), rtc.strings("compatible"));
        assertEquals(List.of(0L, 0x10_1000L, 0L, 0x1000L), rtc.cells("reg"));
        assertEquals(List.of(11L), rtc.cells("interrupts"));
    }

    @Test
    void tellsTheKernelHowItIsStarted() {
        Node chosen = tree(1, DEVICES, "console=ttyS0", new Range(0x8400_0000L, 0x8412_3456L)).at("/chosen");
        assertEquals(List.of("console=ttyS0"), chosen.strings("bootargs"));
        assertEquals(List.of("/soc/serial@10000000"), chosen.strings("stdout-path"));
        assertEquals(0x8400_0000L, chosen.pair("linux,initrd-start", 0));
        assertEquals(0x8412_3456L, chosen.pair("linux,initrd-end", 0));
        assertArrayEquals(SEED, chosen.properties().get("rng-seed"));
    }

    @Test
    void saysNothingOfWhatThereIsNot() {
        Node chosen = tree(1, List.of(), null, null).at("/chosen");
        assertEquals(List.of("rng-seed"), List.copyOf(chosen.properties().keySet()));
    }

    @Test
    void describesMemoryAndHarts() {
        Node root = tree(3, DEVICES, null, null);
        assertEquals(List.of("riscv-virtio"), root.strings("compatible"));
        Node memory = root.at("/memory@80000000");
        assertEquals(List.of(0L, 0x8000_0000L, 0L, 256L << 20), memory.cells("reg"));
        assertEquals(List.of(10_000_000L), root.at("/cpus").cells("timebase-frequency"));
        assertEquals(3, root.at("/cpus").children().size());
        Node hart = root.at("/cpus/cpu@2");
        assertEquals(List.of(2L), hart.cells("reg"));
        assertEquals(List.of("riscv,sv39"), hart.strings("mmu-type"));
        assertTrue(hart.strings("riscv,isa").getFirst().startsWith("rv64imac"));
        assertEquals("rv64i", hart.strings("riscv,isa-base").getFirst());
        assertTrue(hart.strings("riscv,isa-extensions").containsAll(List.of("i", "m", "a", "c")));
    }

    @Test
    void wiresTheInterruptControllersToEachHart() {
        Node root = tree(2, DEVICES, null, null);
        long first = handle(root, 0);
        long second = handle(root, 1);
        assertFalse(first == second);
        Node plic = root.at("/soc/plic@c000000");
        assertEquals(List.of(first, 11L, first, 9L, second, 11L, second, 9L), plic.cells("interrupts-extended"));
        assertEquals(List.of(95L), plic.cells("riscv,ndev"));
        assertEquals(List.of(first, 3L, first, 7L, second, 3L, second, 7L),
            root.at("/soc/clint@2000000").cells("interrupts-extended"));
        assertEquals(plic.cells("phandle"), root.at("/soc").cells("interrupt-parent"));
    }

    private static long handle(Node root, int hart) {
        return root.at("/cpus/cpu@" + hart + "/interrupt-controller").cells("phandle").getFirst();
    }

    @Test
    void placesTheDevices() {
        Node root = tree(1, DEVICES, null, null);
        Node serial = root.at("/soc/serial@10000000");
        assertEquals(List.of("ns16550a"), serial.strings("compatible"));
        assertEquals(List.of(0L, 0x1000_0000L, 0L, 0x100L), serial.cells("reg"));
        assertEquals(List.of(10L), serial.cells("interrupts"));
        assertEquals(List.of(3_686_400L), serial.cells("clock-frequency"));
        assertEquals(List.of(1L), root.at("/soc/virtio_mmio@10001000").cells("interrupts"));
    }

    @Test
    void showsHowToSwitchOff() {
        Node root = tree(1, DEVICES, null, null);
        Node test = root.at("/soc/test@100000");
        assertEquals(test.cells("phandle"), root.at("/poweroff").cells("regmap"));
        assertEquals(List.of(0x5555L), root.at("/poweroff").cells("value"));
        assertEquals(List.of("syscon-reboot"), root.at("/reboot").strings("compatible"));
        assertEquals(List.of(0x7777L), root.at("/reboot").cells("value"));
    }
}
