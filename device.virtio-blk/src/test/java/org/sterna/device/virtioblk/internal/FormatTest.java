package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** A file that is no raw disk is not taken for one, and a raw disk that a guest makes look like another stays one. */
class FormatTest {
    private static final int BYTES = 64 << 10;
    private static final byte[] QCOW2 = HexFormat.of().parseHex("514649fb00000003");

    @TempDir
    Path directory;

    private static Map<String, String> properties(Path file, String... more) {
        var properties = new HashMap<>(Map.of("drive", file.toString()));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return properties;
    }

    private static BlockGuest guest(Path file, String... more) {
        return new BlockGuest(properties(file, more), ALL);
    }

    private Path file(int offset, byte[] bytes) throws IOException {
        var content = new byte[BYTES];
        System.arraycopy(bytes, 0, content, offset, bytes.length);
        return Files.write(directory.resolve("disk.raw"), content);
    }

    private static List<Reason> obstacles(Path file, String... more) {
        var factory = new BlockDeviceFactory();
        try (var bench = new DeviceBench(factory, factory.model().abi(), properties(file, more), new GuestClock(), 1 << 20)) {
            return bench.call(Device::obstacles);
        }
    }

    /** Attaching refuses it, looking at it says so before, and neither changes a byte. */
    private static Reason refused(Path file, String what, String... more) throws IOException {
        byte[] before = Files.readAllBytes(file);
        var reasons = assertThrows(MachineException.class, () -> guest(file, more)).reasons();
        assertEquals(1, reasons.size());
        Reason reason = reasons.getFirst();
        assertEquals("/virtio-blk@0.drive", reason.subject() + "." + reason.item());
        assertTrue(reason.cause().startsWith(file + " looks like ") && reason.cause().contains(what), reason.cause());
        assertTrue(reason.remedy().contains("format=raw"), reason.remedy());
        assertEquals(List.of(reason), obstacles(file, more));
        assertArrayEquals(before, Files.readAllBytes(file));
        return reason;
    }

    private static void acceptedIfSaidSo(Path file) throws IOException {
        assertEquals(List.of(), obstacles(file, "format", "raw"));
        byte[] before = Files.readAllBytes(file);
        try (var guest = guest(file, "format", "raw")) {
            assertArrayEquals(Arrays.copyOf(before, 512), guest.read(0, 512).data());
        }
    }

    @ParameterizedTest
    @CsvSource({"514649fb00000001, 0, qcow", "514649fb00000002, 0, qcow2", "514649fb00000003, 0, qcow2", "51454400, 0, QED",
        "4b444d5601000000, 0, VMDK", "434f5744, 0, VMDK", "23204469736b2044657363726970746f7246696c65, 0, VMDK",
        "7f10dabe01000100, 64, VDI", "7668647866696c65, 0, VHDX", "636f6e6563746978, 0, VHD", "636f6e6563746978, 65024, VHD",
        "576974686f7574467265655370616365, 0, Parallels", "576974686f75467265537061634578740200, 0, Parallels",
        "6b6f6c79, 65024, DMG", "3aff26ed0100, 0, Android", "1f8b0800, 0, gzip", "425a6839314159265359, 0, bzip2",
        "fd377a585a000004, 0, xz", "28b52ffd, 0, zstd", "04224d18, 0, lz4", "4c5a4950, 0, lzip", "504b0304, 0, zip",
        "377abcaf271c, 0, 7z", "7573746172, 257, tar", "895354524e0d0a1a, 0, snapshot", "68737173, 0, squashfs",
        "73717368, 0, squashfs", "4c554b53babe0002, 0, LUKS"})
    void eachFormatIsKnownByItsMagic(String magic, int offset, String what) throws Exception {
        Path file = file(offset, HexFormat.of().parseHex(magic));
        refused(file, what);
        refused(file, what, "read-only", "on");
        acceptedIfSaidSo(file);
    }

    @Test
    void whatIsPackedOnThisHostIsKnown() throws Exception {
        var gzip = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gzip)) {
            out.write(new byte[BYTES]);
        }
        refused(file(0, gzip.toByteArray()), "gzip");
        var zip = new ByteArrayOutputStream();
        try (var out = new ZipOutputStream(zip)) {
            out.putNextEntry(new ZipEntry("disk.raw"));
            out.write(new byte[BYTES]);
        }
        refused(file(0, zip.toByteArray()), "zip");
    }

    @Test
    void aFileOfAnyOtherLengthIsStillNamedForWhatItIs() throws Exception {
        Path file = Files.write(directory.resolve("disk.qcow2"), Arrays.copyOf(QCOW2, 197_003));
        Reason reason = refused(file, "qcow2");
        assertTrue(reason.remedy().contains("qemu-img convert"), "not that it is to be enlarged: " + reason.remedy());
    }

    /** A boot sector, a file system, a hybrid ISO image, nothing, and bytes that only begin like a magic. */
    @ParameterizedTest
    @CsvSource({"eb63905000, 0", "55aa, 510", "53ef, 1080", "4344303031, 32769", "5846534200001000, 0", "00, 0", "51464900, 0",
        "425a6839, 0", "1f8b09, 0", "7f10dabe, 0"})
    void aRawDiskIsRaw(String bytes, int offset) throws Exception {
        Path file = file(offset, HexFormat.of().parseHex(bytes));
        assertEquals(List.of(), obstacles(file));
        guest(file).close();
    }

    /** A guest that would keep itself from being migrated, swapped or restored. */
    @Test
    void aRawDiskThatAGuestMakesLookLikeAnotherStaysRaw() throws Exception {
        Path file = file(0, new byte[1]);
        try (var guest = guest(file)) {
            assertEquals("auto", guest.bench().host().get("format"));
            assertEquals(OK, guest.write(0, Arrays.copyOf(QCOW2, 512)));
            assertEquals("raw", guest.bench().host().get("format"), "this travels");
            guest.bench().pause();
            guest.bench().serialized(() -> guest.bench().device().detach());
            guest.bench().attach();
            guest.bench().start();
            guest.migrate(new BlockDeviceFactory(), Map.of("drive", file.toString(), "format", "raw"));
            assertArrayEquals(Arrays.copyOf(QCOW2, 512), guest.read(0, 512).data());
        }
        refused(file, "qcow2");
    }

    @Test
    void itIsNoticedAtTheEndOfADiskToo() throws Exception {
        Path file = file(0, new byte[1]);
        try (var guest = guest(file)) {
            assertEquals(OK, guest.write(BYTES / 512 - 1,
                Arrays.copyOf("conectix".getBytes(StandardCharsets.US_ASCII), 512)));
            assertEquals("raw", guest.bench().host().get("format"));
        }
    }

    @Test
    void aWriteInTheMiddleIsNotLookedAt() throws Exception {
        Path file = file(0, new byte[1]);
        try (var guest = guest(file)) {
            assertEquals(OK, guest.write(5, Arrays.copyOf(QCOW2, 512)));
            assertEquals("auto", guest.bench().host().get("format"));
        }
    }

    /** One whose version did not know of formats took every disk for raw, and had this one. */
    @Test
    void aSuccessorGoesOnWithTheDiskOfItsPredecessor() throws Exception {
        Path file = file(0, QCOW2);
        var factory = new BlockDeviceFactory();
        try (var bench = new DeviceBench(factory, factory.model().abi(), properties(file), new GuestClock(), 1 << 20)) {
            bench.attach(Connections.NONE);
            assertEquals("raw", bench.host().get("format"), "who comes after it must not refuse it either");
        }
    }

    @Test
    void lookingAtADiskThatIsInUseHereDoesNotGiveUpItsLock() throws Exception {
        Path file = file(0, new byte[1]);
        try (var guest = guest(file)) {
            assertEquals(OK, guest.write(0, Arrays.copyOf(QCOW2, 512)));
            assertEquals(List.of(), obstacles(file), "its guest has it, and it is raw");
            assertTrue(AttachTest.LockHolder.isLocked(file));
        }
    }
}
