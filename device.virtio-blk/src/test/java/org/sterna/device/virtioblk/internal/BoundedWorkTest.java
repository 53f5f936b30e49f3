package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.IO_ERROR;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;
import static org.sterna.device.virtioblk.internal.BlockGuest.UNSUPPORTED;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** However much a driver asks for at once, no more than a bounded amount of it is under way. */
class BoundedWorkTest {
    private static final int SECTORS = 4096;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;
    private final RecordingDisk disk = new RecordingDisk(SECTORS);

    private BlockGuest guest(String... properties) {
        var values = new HashMap<>(Map.of("drive", "memory", "queue-size", "128"));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        var guest = new BlockGuest(disk.bench(values), ALL);
        guest.bench().holdIo();
        return guest;
    }

    /** Requests of an unknown type with half a gigabyte of buffers each, which all lie in the same four megabytes. */
    @Test
    void requestsWithBuffersThatOverlapAreRefusedOneByOne() {
        try (var guest = guest()) {
            GuestMemory memory = guest.bench().memory();
            long header = guest.driver.allocate(16, 16);
            memory.putInt(header, 99);
            long data = guest.driver.allocate(4 << 20, 4096);
            memory.fill(data, 4 << 20, (byte) 0x55);
            long status = guest.driver.allocate(1, 1);
            var buffers = new ArrayList<Buffer>();
            buffers.add(Buffer.readable(header, 16));
            buffers.addAll(Collections.nCopies(127, Buffer.writable(data, 4 << 20)));
            buffers.add(Buffer.writable(status, 1));
            long table = guest.driver.allocate(16L * buffers.size(), 16);
            for (int i = 0; i < 128; i++) {
                guest.queue.addIndirect(table, buffers);
            }
            guest.queue.kick();
            assertEquals(1, guest.bench().inFlight());
            guest.bench().releaseIo();
            for (int i = 0; i < 128; i++) {
                assertEquals(127 * (4 << 20) + 1, guest.queue.await().written());
            }
            assertEquals(UNSUPPORTED, memory.getByte(status));
            assertEquals(0, memory.getByte(data));
            assertEquals(0, memory.getByte(data + (4 << 20) - 1));
            assertEquals(0, guest.bench().hostMemory().used());
        }
    }

    @Test
    void aFlushCountsAsMuchAsAMegabyte() {
        try (var guest = guest()) {
            for (int i = 0; i < 40; i++) {
                guest.add(BlockRequest.FLUSH, 0, new byte[0], 0);
            }
            guest.queue.kick();
            assertEquals(32, guest.bench().inFlight());
            guest.bench().releaseIo();
            for (int i = 0; i < 40; i++) {
                assertEquals(OK, guest.await().status());
            }
        }
    }

    @Test
    void aWriteThatMustReachTheDiskCountsAsAFlushToo() {
        try (var guest = guest("cache", "writethrough")) {
            for (int i = 0; i < 40; i++) {
                guest.add(BlockRequest.OUT, i, new byte[512], 0);
            }
            guest.queue.kick();
            assertEquals(32, guest.bench().inFlight());
            guest.bench().releaseIo();
            for (int i = 0; i < 40; i++) {
                assertEquals(OK, guest.await().status());
            }
        }
    }

    private static byte[] range(long sector, int sectors) {
        return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(sector).putInt(sectors).putInt(0).array();
    }

    @Test
    void sectorsToZeroCountAsIfTheyWereSent() {
        try (var guest = guest()) {
            for (int i = 0; i < 40; i++) {
                guest.add(WRITE_ZEROES, 0, range(0, 2048), 0);
            }
            guest.queue.kick();
            assertEquals(32, guest.bench().inFlight(), "of a megabyte each");
            guest.bench().releaseIo();
            for (int i = 0; i < 40; i++) {
                assertEquals(OK, guest.await().status());
            }
        }
    }

    @Test
    void thereAreNeverMoreRangesThanTheHostTakesOntoItsHeap() {
        try (var guest = guest("discard-ranges", "1000000")) {
            guest.bench().releaseIo();
            assertEquals(OK, guest.request(DISCARD, 0, ranges(1 << 16), 0).status());
            assertEquals(IO_ERROR, guest.request(DISCARD, 0, ranges((1 << 16) + 1), 0).status());
        }
    }

    private static byte[] ranges(int count) {
        var all = ByteBuffer.allocate(16 * count);
        for (int i = 0; i < count; i++) {
            all.put(range(i % SECTORS, 1));
        }
        return all.array();
    }

    @Test
    void aDriverThatTurnsTheCacheOffAgainAndAgainCausesOneFlushAtATime() {
        try (var guest = guest()) {
            for (int i = 0; i < 100; i++) {
                guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
                guest.bench().write(VirtioDriver.CONFIG + 32, 1, 1);
            }
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            assertEquals(1, guest.bench().inFlight());
            guest.bench().releaseIo();
            guest.bench().await("the flushes", () -> guest.bench().inFlight() == 0);
            // One that was under way as the cache was turned off last, and one that began after that.
            assertEquals(2, disk.calls.stream().filter("force"::equals).count());
        }
    }
}
