package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.sterna.device.virtioblk.internal.BlockGuest.*;
import static org.sterna.testkit.VirtioDriver.NEEDS_RESET;
import static org.sterna.testkit.VirtioDriver.STATUS;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** Requests of section 5.2.6 on a real file. */
class BlockDeviceTest {
    private static final int SECTORS = 64;
    @TempDir
    Path directory;
    private Path file;
    private BlockGuest guest;

    @BeforeEach
    void start() {
        file = BlockGuest.disk(directory, SECTORS);
        guest = new BlockGuest(Map.of("drive", file.toString(), "serial", "tern-1"), ALL);
    }

    @AfterEach
    void close() {
        guest.close();
    }

    @Test
    void readsWhatIsInTheFile() {
        Answer answer = guest.read(3, 1024);
        assertEquals(OK, answer.status());
        var expected = new byte[1024];
        Arrays.fill(expected, 0, 512, (byte) 3);
        Arrays.fill(expected, 512, 1024, (byte) 4);
        assertArrayEquals(expected, answer.data());
    }

    @Test
    void writesIntoTheFile() throws Exception {
        byte[] bytes = pattern(1536);
        assertEquals(OK, guest.write(61, bytes));
        assertEquals(OK, guest.flush());
        assertArrayEquals(bytes, guest.read(61, 1536).data());
        byte[] content = Files.readAllBytes(file);
        assertArrayEquals(bytes, Arrays.copyOfRange(content, 61 * 512, 64 * 512));
        assertEquals(60, content[61 * 512 - 1]);
    }

    @Test
    void tellsItsSerialNumber() {
        assertArrayEquals(Arrays.copyOf("tern-1".getBytes(), 20), guest.request(8, 0, new byte[0], 20).data());
        assertEquals(IO_ERROR, guest.request(8, 0, new byte[0], 19).status());
    }

    @ParameterizedTest
    @CsvSource({"11", "13", "5", "2", "-1"})
    void doesNotKnowOtherRequests(int type) {
        guest.setUp(ALL & ~(1L << 13) & ~(1L << 14));
        Answer answer = guest.request(type, 0, new byte[0], 512);
        assertEquals(UNSUPPORTED, answer.status());
        assertArrayEquals(new byte[512], answer.data());
    }

    @ParameterizedTest
    @CsvSource({"64,512", "63,1024", "65,0", "0,511", "0,513", "-1,512", "36028797018963968,512",
        "9223372036854775807,512"})
    void refusesWhatIsNotOnTheDisk(long sector, int length) throws Exception {
        byte[] before = Files.readAllBytes(file);
        assertEquals(IO_ERROR, guest.read(sector, length).status());
        assertEquals(IO_ERROR, guest.write(sector, new byte[length]));
        assertArrayEquals(before, Files.readAllBytes(file));
        assertEquals(OK, guest.read(0, 512).status());
    }

    @Test
    void anEmptyRequestAtTheEndIsWhole() {
        assertEquals(OK, guest.read(SECTORS, 0).status());
    }

    @Test
    void aRequestMayBeCutAnywhere() {
        var memory = guest.bench().memory();
        long area = guest.driver.allocate(4096, 4096);
        memory.putLong(area + 8, 5);
        int head = guest.queue.add(List.of(Buffer.readable(area, 3), Buffer.readable(area + 3, 13),
            Buffer.writable(area + 100, 500), Buffer.writable(area + 1000, 11), Buffer.writable(area + 2000, 2)));
        guest.queue.kick();
        assertEquals(head, guest.queue.await().head());
        for (long at : new long[] {area + 100, area + 599, area + 1000, area + 1010, area + 2000}) {
            assertEquals(5, memory.getByte(at));
        }
        assertEquals(0, memory.getByte(area + 2001), "the status is the last byte");
        assertEquals(0, memory.getByte(area + 1011));
    }

    @Test
    void aRequestThatCannotBeAnsweredStopsTheDevice() {
        long area = guest.driver.allocate(4096, 4096);
        for (List<Buffer> buffers : List.of(List.of(Buffer.readable(area, 16)), List.of(Buffer.writable(area, 16)),
                List.of(Buffer.readable(area, 15), Buffer.writable(area + 512, 1)))) {
            guest.queue.add(buffers);
            guest.queue.kick();
            assertNotEquals(0, guest.driver.read(STATUS) & NEEDS_RESET);
            guest.setUp(ALL);
            assertEquals(OK, guest.read(0, 512).status());
        }
    }

    @Test
    void requestsRunSideBySideAndCompleteInAnyOrder() {
        guest.bench().holdIo();
        for (int i = 0; i < 32; i++) {
            guest.add(BlockRequest.IN, i, new byte[0], 512);
        }
        guest.queue.kick();
        assertEquals(32, guest.bench().inFlight());
        guest.bench().releaseIo();
        var seen = new TreeSet<Integer>();
        for (int i = 0; i < 32; i++) {
            Answer answer = guest.await();
            assertEquals(OK, answer.status());
            seen.add((int) answer.data()[511]);
        }
        assertEquals(32, seen.size());
    }

    @Test
    void whatIsReadIsInTheDirtyLog() {
        try (var reader = guest.bench().memory().dirtyLog().open()) {
            guest.bench().holdIo();
            guest.add(BlockRequest.IN, 0, new byte[0], 3 * 4096);
            guest.queue.kick();
            reader.harvest(new BitSet());
            guest.bench().releaseIo();
            assertEquals(OK, guest.await().status());
            var pages = new BitSet();
            reader.harvest(pages);
            // Three pages of data, the page of the status, and the page of the used ring.
            assertEquals(5, pages.cardinality());
        }
    }

    @Test
    void aReadOnlyDiskIsNotWritten() throws Exception {
        guest.close();
        byte[] before = Files.readAllBytes(file);
        guest = new BlockGuest(Map.of("drive", file.toString(), "read-only", "on"), ALL);
        assertNotEquals(0, guest.driver.features() & 1 << 5);
        assertEquals(IO_ERROR, guest.write(0, new byte[512]));
        assertEquals(OK, guest.flush());
        assertEquals(OK, guest.read(1, 512).status());
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void aDiskThatShrinksGivesErrorsAndNoOldMemory() throws Exception {
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(512);
        }
        guest.bench().holdIo();
        guest.add(BlockRequest.IN, 0, new byte[0], 1024);
        guest.queue.kick();
        guest.bench().releaseIo();
        Answer answer = guest.await();
        assertEquals(IO_ERROR, answer.status());
        assertArrayEquals(new byte[1024], answer.data());
        assertEquals(OK, guest.read(0, 512).status());
    }

    @Test
    void configurationSpaceAndFeaturesOfTheNewestAbi() {
        assertEquals(SECTORS, guest.driver.config(0, 8));
        assertEquals(0, guest.driver.config(8, 4), "size_max is not offered");
        assertEquals(254, guest.driver.config(12, 4));
        assertEquals(512, guest.driver.config(20, 4));
        assertEquals(3, guest.driver.config(24, 1));
        assertEquals(8, guest.driver.config(26, 2));
        assertEquals(2, guest.driver.read(org.sterna.testkit.VirtioDriver.DEVICE_ID));
        assertEquals(AbiTest.FEATURES_OF_ABI_10 | 1L << 4 | 1L << 11 | 1L << 12 | 1L << 13 | 1L << 14,
            guest.driver.offered());
        assertEquals(1, guest.driver.config(16, 2), "cylinders");
        assertEquals(1, guest.driver.config(32, 1), "writeback");
        assertEquals(1, guest.driver.config(34, 2), "num_queues");
        assertEquals(1 << 22, guest.driver.config(36, 4));
        assertEquals(32, guest.driver.config(40, 4));
        assertEquals(8, guest.driver.config(44, 4));
        assertEquals(1 << 16, guest.driver.config(48, 4));
        assertEquals(8, guest.driver.config(52, 4));
        assertEquals(1, guest.driver.config(56, 4));
    }

    @Test
    void configurationSpaceFollowsTheProperties() {
        guest.close();
        guest = new BlockGuest(Map.of("drive", file.toString(), "size-max", "on", "segment-bytes", "64K", "queue-size",
            "16", "block-size", "1024", "physical-block-size", "1K", "topology", "off", "capacity", "16K"), ALL);
        assertEquals(32, guest.driver.config(0, 8));
        assertEquals(65536, guest.driver.config(8, 4));
        assertEquals(14, guest.driver.config(12, 4));
        assertEquals(1024, guest.driver.config(20, 4));
        assertEquals(0, guest.driver.config(24, 4));
        assertEquals(IO_ERROR, guest.read(32, 512).status());
        assertEquals(OK, guest.read(31, 512).status());
    }

    private static byte[] pattern(int length) {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + 7);
        }
        return bytes;
    }
}
