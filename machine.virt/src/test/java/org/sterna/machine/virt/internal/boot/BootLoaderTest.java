package org.sterna.machine.virt.internal.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.processor.ProcessorNode;

class BootLoaderTest {
    private static final long BASE = 0x8000_0000L;
    private static final long MIB = 1 << 20;
    private final GuestMemory memory = new GuestMemory(BASE, 64 * MIB);

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        memory.close();
    }

    private String file(String name, byte[] content) throws IOException {
        return Files.write(directory.resolve(name), content).toString();
    }

    private BootLoader.Entry load(String bios, String kernel, String initrd) {
        return new BootLoader(new BootImages(bios, kernel, initrd, "quiet"), memory, DeviceTreeTest.BOARD,
            List.of(ProcessorNode.of("riscv"))).load(List.of());
    }

    private MachineException refused(String bios, String kernel, String initrd) {
        return assertThrows(MachineException.class, () -> load(bios, kernel, initrd));
    }

    /** A file whose bytes depend on their place. */
    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8));
        }
        return bytes;
    }

    private static byte[] linux(int length, long textOffset, long imageSize) {
        byte[] bytes = pattern(length);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(8, textOffset).putLong(16, imageSize)
            .putInt(56, 0x05435352);
        return bytes;
    }

    private void assertLoaded(byte[] expected, long address) {
        byte[] found = new byte[expected.length];
        memory.get(address, found, 0, found.length);
        assertArrayEquals(expected, found);
    }

    private DeviceTreeReader.Node treeAt(long address) {
        byte[] blob = new byte[Integer.reverseBytes(memory.getInt(address + 4))];
        memory.get(address, blob, 0, blob.length);
        return DeviceTreeReader.read(blob);
    }

    @Test
    void aLinuxImageGoesWhereItsHeaderSays() throws IOException {
        byte[] kernel = linux(3_000_000, 0x40_0000, 5 * MIB);
        byte[] initrd = pattern(12_345);
        var entry = load(null, file("Image", kernel), file("initrd", initrd));
        assertEquals(BASE + 4 * MIB, entry.entry());
        assertLoaded(kernel, BASE + 4 * MIB);
        long tree = entry.arguments().getFirst();
        assertEquals(BASE + 62 * MIB, tree, "at the end of memory");
        var chosen = treeAt(tree).at("/chosen");
        assertEquals(BASE + 10 * MIB, chosen.pair("linux,initrd-start", 0), "past the room that the kernel wants");
        assertEquals(BASE + 10 * MIB + initrd.length, chosen.pair("linux,initrd-end", 0));
        assertEquals(List.of("quiet"), chosen.strings("bootargs"));
        assertLoaded(initrd, BASE + 10 * MIB);
    }

    @Test
    void aFlatKernelGoesToTwoMebibytes() throws IOException {
        byte[] kernel = pattern(1000);
        assertEquals(BASE + 2 * MIB, load(null, file("flat", kernel), null).entry());
        assertLoaded(kernel, BASE + 2 * MIB);
    }

    @Test
    void anElfGoesToItsPhysicalAddressesAndItsRestIsCleared() throws IOException {
        memory.fill(BASE + MIB, 0x3000, (byte) 0x55);
        byte[] elf = elf(0xffff_ffff_8000_0010L, 0xffff_ffff_8000_0000L, BASE + MIB, 0x800, 0x2000);
        assertEquals(BASE + MIB + 0x10, load(null, file("vmlinux", elf), null).entry());
        assertLoaded(Arrays.copyOfRange(elf, 120, 120 + 0x800), BASE + MIB);
        assertLoaded(new byte[0x1800], BASE + MIB + 0x800);
        assertEquals(0x55, memory.getByte(BASE + MIB + 0x2000));
    }

    private static byte[] elf(long entry, long virtual, long physical, int fileSize, long memorySize) {
        byte[] bytes = pattern(120 + fileSize);
        var elf = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).putShort(16, (short) 2).putShort(18, (short) 243)
            .putLong(24, entry).putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, 1).putLong(72, 120).putLong(80, virtual).putLong(88, physical).putLong(96, fileSize)
            .putLong(104, memorySize);
        return bytes;
    }

    @Test
    void firmwareIsToldOfTheKernel() throws IOException {
        byte[] bios = pattern(5000);
        var entry = load(file("fw.bin", bios), file("Image", linux(1000, 0x20_0000, 0)), null);
        assertEquals(BASE, entry.entry());
        assertLoaded(bios, BASE);
        assertEquals(2, entry.arguments().size());
        treeAt(entry.arguments().get(0));
        long info = entry.arguments().get(1);
        assertEquals(0x4942534fL, memory.getLong(info));
        assertEquals(BASE + 2 * MIB, memory.getLong(info + 16));
        assertEquals(1, memory.getLong(info + 24), "supervisor mode");
    }

    @Test
    void nothingToBootIsAUsageError() {
        MachineException refusal = refused(null, null, null);
        assertEquals(MachineException.Kind.USAGE, refusal.kind());
        assertTrue(refusal.getMessage().contains("give --kernel or --bios"), refusal.getMessage());
    }

    @Test
    void filesThatAreNotThereAreNamed() throws IOException {
        String kernel = file("k", pattern(100));
        assertTrue(refused(null, "/nowhere/Image", null).getMessage().contains("no file '/nowhere/Image'"));
        assertTrue(refused(null, directory.toString(), null).getMessage().contains("not a regular file"));
        assertTrue(refused(null, kernel, "/nowhere/initrd").getMessage().startsWith("/virt.initrd"));
        assertTrue(refused(file("b", pattern(9)), null, kernel).getMessage().contains("without a kernel"));
        assertTrue(refused(null, file("empty", new byte[0]), null).getMessage().contains("empty"));
        assertTrue(refused(null, "bad\0name", null).getMessage().startsWith("/virt.kernel"));
    }

    @Test
    void whatDoesNotFitIsRefusedWithSizes() throws IOException {
        String kernel = file("Image", linux(1000, 0x20_0000, 100 * MIB));
        String message = refused(null, kernel, null).getMessage();
        assertTrue(message.contains(kernel) && message.contains("64 MiB") && message.contains("--memory"), message);
        String large = refused(null, file("k", linux(100, 0x20_0000, 61 * MIB)), null).getMessage();
        assertTrue(large.contains("the device tree"), large);
        String initrd = refused(null, file("k", linux(100, 0x20_0000, 59 * MIB)), file("i", pattern(2 << 20)))
            .getMessage();
        assertTrue(initrd.contains("the device tree") && initrd.contains(directory.resolve("i").toString()), initrd);
        String bios = refused(file("b", pattern(3 << 20)), file("k", linux(100, 0x20_0000, 0)), null).getMessage();
        assertTrue(bios.contains("does not fit beside '" + directory.resolve("b")), bios);
    }

    @Test
    void foreignAndContradictoryElfsAreRefused() throws IOException {
        byte[] elf = elf(BASE, BASE, BASE, 100, 200);
        ByteBuffer view = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        view.putShort(18, (short) 62);
        assertTrue(refused(null, file("x86", elf), null).getMessage().contains("RISC-V"));
        view.putShort(18, (short) 243).putLong(96, 1L << 40);
        assertTrue(refused(null, file("long", elf), null).getMessage().contains("segment 0"));
        view.putLong(96, 100).putLong(32, Long.MAX_VALUE);
        assertTrue(refused(null, file("table", elf), null).getMessage().contains("program headers"));
        view.putLong(32, 64).putInt(64, 4);
        assertTrue(refused(null, file("nothing", elf), null).getMessage().contains("nothing to load"));
        view.putInt(64, 1).putLong(24, 0x1234);
        assertTrue(refused(null, file("entry", elf), null).getMessage().contains("entry 0x1234"));
        assertTrue(refused(null, file("cut", Arrays.copyOf(elf, 20)), null).getMessage().contains("cut off"));
    }
}
