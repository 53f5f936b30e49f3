package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Discard, write zeroes and secure erase (section 5.2.6), with holes in a real file and without them. */
class RangeCommandTest {
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;
    private static final int SECURE_ERASE = 14;
    private static final int SECTORS = 256;
    @TempDir
    Path directory;
    private Path file;
    private BlockGuest guest;

    @BeforeEach
    void start() throws Exception {
        file = BlockGuest.disk(directory, SECTORS);
        guest = new BlockGuest(Map.of("drive", file.toString()), ALL);
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private int change(int type, int... sectorCountFlags) {
        return change(guest, type, sectorCountFlags);
    }

    private static int change(BlockGuest guest, int type, int... sectorCountFlags) {
        var ranges = ByteBuffer.allocate(sectorCountFlags.length / 3 * 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < sectorCountFlags.length; i += 3) {
            ranges.putLong(sectorCountFlags[i]).putInt(sectorCountFlags[i + 1]).putInt(sectorCountFlags[i + 2]);
        }
        return guest.request(type, 0, ranges.array(), 0).status();
    }

    private void assertZeroes(int... sectors) {
        byte[] content = guest.read(0, SECTORS * 512).data();
        for (int sector = 0; sector < SECTORS; sector++) {
            int wanted = sector;
            boolean zero = Arrays.stream(sectors).anyMatch(s -> s == wanted);
            var expected = new byte[512];
            Arrays.fill(expected, (byte) (zero ? 0 : sector));
            int start = sector * 512;
            assertArrayEquals(expected, Arrays.copyOfRange(content, start, start + 512), "sector " + sector);
        }
    }

    /** The blocks of the host that a file takes. */
    private static long space(Path file) throws Exception {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        return Long.parseLong(stat.inputReader().readLine());
    }

    private void assumeHoles() throws Exception {
        Path trial = Files.write(directory.resolve("trial"), new byte[8192]);
        try (var fallocate = Fallocate.open(trial, Files.getAttribute(trial, "unix:fileKey"), false)) {
            assumeTrue(fallocate.punchHole(0, 4096), "the file system of the test has no holes");
        }
    }

    @Test
    void discardGivesSpaceBack() throws Exception {
        assumeHoles();
        assertEquals(OK, guest.write(0, new byte[SECTORS * 512]));
        assertEquals(OK, guest.flush());
        long before = space(file);
        assertEquals(OK, change(DISCARD, 8, 16, 0, 64, 128, 0));
        assertEquals(OK, guest.flush());
        assertEquals(before - 16 - 128, space(file));
        assertEquals(SECTORS * 512, Files.size(file));
    }

    @Test
    void discardTouchesNothingElse() throws Exception {
        assumeHoles();
        assertEquals(OK, change(DISCARD, 3, 2, 0));
        assertZeroes(0, 3, 4);
    }

    @Test
    void zeroesWithUnmapGiveSpaceBack() throws Exception {
        assumeHoles();
        long before = space(file);
        assertEquals(OK, change(WRITE_ZEROES, 8, 16, 1, 40, 1, 1));
        assertZeroes(0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 40);
        assertEquals(before - 16, space(file));
    }

    @Test
    void zeroesWithoutUnmapKeepTheirSpace() throws Exception {
        long before = space(file);
        assertEquals(OK, change(WRITE_ZEROES, 8, 16, 0, 255, 1, 0));
        assertZeroes(0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 255);
        assertTrue(space(file) >= before);
    }

    @ParameterizedTest
    @ValueSource(ints = {DISCARD, WRITE_ZEROES})
    void refusesWhatIsBeyondTheDiskOrTheLimits(int type) throws Exception {
        byte[] before = Files.readAllBytes(file);
        assertEquals(IO_ERROR, change(type, SECTORS, 1, 0));
        assertEquals(IO_ERROR, change(type, 0, SECTORS + 1, 0));
        assertEquals(IO_ERROR, change(type, -1, 1, 0));
        assertEquals(IO_ERROR, change(type, 0, -1, 0));
        assertEquals(IO_ERROR, change(type, 1, 1, 0, SECTORS - 1, 2, 0), "nothing is done unless all can be");
        assertEquals(IO_ERROR, change(type, new int[3 * 33]));
        assertEquals(IO_ERROR, change(type));
        assertEquals(IO_ERROR, guest.request(type, 0, new byte[17], 0).status());
        assertEquals(IO_ERROR, guest.request(type, 0, new byte[16], 512).status());
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @ParameterizedTest
    @CsvSource({"11,1", "11,2", "13,2", "13,-2147483648"})
    void refusesFlagsThatMeanNothing(int type, int flags) {
        assertEquals(UNSUPPORTED, change(type, 0, 1, 0, 1, 1, flags));
        assertEquals(OK, change(type, 0, 1, 0));
    }

    @Test
    void needsTheFeature() throws Exception {
        guest.setUp(ALL & ~(1L << 13));
        assertEquals(UNSUPPORTED, change(DISCARD, 1, 1, 0));
        assertEquals(OK, change(WRITE_ZEROES, 1, 1, 0));
        guest.setUp(ALL & ~(1L << 14));
        assertEquals(UNSUPPORTED, change(WRITE_ZEROES, 2, 1, 0));
        assertZeroes(0, 1);
    }

    @Test
    void aReadOnlyDiskIsNotChanged() {
        guest.close();
        guest = new BlockGuest(Map.of("drive", file.toString(), "read-only", "on"), ALL);
        assertEquals(IO_ERROR, change(DISCARD, 1, 1, 0));
        assertEquals(IO_ERROR, change(WRITE_ZEROES, 1, 1, 1));
        assertZeroes(0);
    }

    @Test
    void withoutHolesZeroesAreWrittenAndDiscardDoesNothing() {
        var disk = new RecordingDisk(16);
        Arrays.fill(disk.content(), (byte) 1);
        try (var plain = new BlockGuest(disk.bench(Map.of("drive", "memory")), ALL & ~(1L << 9))) {
            assertEquals(OK, change(plain, WRITE_ZEROES, 1, 2, 1, 5, 1, 0));
            assertEquals("force", disk.calls.getLast(), "a driver that does not flush expects it on the disk");
            for (int sector = 0; sector < 16; sector++) {
                assertEquals(List.of(1, 2, 5).contains(sector) ? 0 : 1, disk.content()[512 * sector]);
                assertEquals(List.of(1, 2, 5).contains(sector) ? 0 : 1, disk.content()[512 * sector + 511]);
            }
            assertEquals(OK, change(plain, DISCARD, 8, 8, 0));
            assertEquals(1, disk.content()[8 * 512]);
            disk.failing = true;
            assertEquals(IO_ERROR, change(plain, WRITE_ZEROES, 1, 2, 1));
            disk.failing = false;
        }
    }

    @Test
    void secureEraseIsThereOnlyWhenItIsAskedForAndLeavesNoHole() throws Exception {
        assertEquals(UNSUPPORTED, change(SECURE_ERASE, 1, 1, 0));
        guest.close();
        guest = new BlockGuest(Map.of("drive", file.toString(), "secure-erase", "on", "secure-erase-sectors", "16",
            "secure-erase-ranges", "2", "secure-erase-alignment", "8K"), ALL);
        assertEquals(16, guest.driver.config(60, 4));
        assertEquals(2, guest.driver.config(64, 4));
        assertEquals(16, guest.driver.config(68, 4));
        long before = space(file);
        assertEquals(OK, change(SECURE_ERASE, 8, 16, 0, 40, 1, 0));
        assertZeroes(IntStream.concat(IntStream.range(8, 24), IntStream.of(40, 0)).toArray());
        assertEquals(before, space(file));
        assertEquals(IO_ERROR, change(SECURE_ERASE, 0, 17, 0));
        assertEquals(IO_ERROR, change(SECURE_ERASE, 0, 1, 0, 1, 1, 0, 2, 1, 0));
        assertEquals(IO_ERROR, change(SECURE_ERASE, 255, 2, 0));
        assertEquals(UNSUPPORTED, change(SECURE_ERASE, 0, 1, 1));
    }

    @Test
    void theLimitsAreThoseOfTheProperties() {
        guest.close();
        guest = new BlockGuest(Map.of("drive", file.toString(), "discard-sectors", "10", "discard-ranges", "1",
            "discard-alignment", "1M", "write-zeroes-sectors", "12", "write-zeroes-ranges", "2",
            "write-zeroes-may-unmap", "off"), ALL);
        assertEquals(10, guest.driver.config(36, 4));
        assertEquals(1, guest.driver.config(40, 4));
        assertEquals(2048, guest.driver.config(44, 4));
        assertEquals(12, guest.driver.config(48, 4));
        assertEquals(2, guest.driver.config(52, 4));
        assertEquals(0, guest.driver.config(56, 1));
        assertEquals(OK, change(DISCARD, 1, 10, 0));
        assertEquals(IO_ERROR, change(DISCARD, 1, 11, 0));
        assertEquals(IO_ERROR, change(DISCARD, 1, 1, 0, 2, 1, 0));
        assertEquals(OK, change(WRITE_ZEROES, 1, 12, 1, 20, 1, 1));
        assertEquals(IO_ERROR, change(WRITE_ZEROES, 1, 13, 0));
    }

    @Test
    void zeroesStayWhereTheyAreIfTheyMayNotBeGivenBack() throws Exception {
        assumeHoles();
        guest.close();
        guest = new BlockGuest(Map.of("drive", file.toString(), "write-zeroes-may-unmap", "off"), ALL);
        long before = space(file);
        assertEquals(OK, change(WRITE_ZEROES, 0, 128, 1));
        assertEquals(before, space(file));
    }
}
