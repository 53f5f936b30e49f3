package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;
import static org.sterna.testkit.VirtioDriver.NEEDS_RESET;
import static org.sterna.testkit.VirtioDriver.STATUS;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** Random requests: only the buffers that they name are written, and only the disk within its capacity. */
class HostileRequestTest {
    private static final int SECTORS = 8;
    /** The file is larger than the disk, and what lies behind the disk must never change. */
    private static final int CAPACITY = 6;

    @Property(tries = 100)
    void touchNothingElse(@ForAll long seed) {
        var random = new Random(seed);
        var disk = new RecordingDisk(SECTORS);
        Arrays.fill(disk.content(), CAPACITY * 512, SECTORS * 512, (byte) 0xa5);
        var properties = Map.of("drive", "memory", "capacity", Integer.toString(CAPACITY * 512));
        try (var guest = new BlockGuest(disk.bench(properties), ALL)) {
            var memory = guest.bench().memory();
            for (int round = 0; round < 20; round++) {
                long area = guest.driver.allocate(64 << 10, 4096);
                memory.fill(area, 64 << 10, (byte) 0xa5);
                memory.putInt(area, random.nextInt(16));
                memory.putLong(area + 8, random.nextInt(5) == 0 ? random.nextLong() : random.nextInt(SECTORS));
                var given = new ArrayList<Buffer>();
                given.add(Buffer.readable(area, random.nextInt(8) == 0 ? 1 + random.nextInt(15) : 16));
                boolean writable = false;
                for (int i = random.nextInt(4); i >= 0; i--) {
                    writable |= random.nextBoolean();
                    int length = random.nextInt(6) == 0 ? 1 + random.nextInt(2000) : 512 * (1 + random.nextInt(4));
                    given.add(new Buffer(area + (given.size() + 1) * 8192L, length, writable));
                }
                if (random.nextInt(8) > 0) {
                    given.add(Buffer.writable(area + 7 * 8192L, 1));
                }
                byte[] before = bytes(guest, area);
                disk.failing = random.nextInt(6) == 0;
                guest.queue.add(given);
                guest.queue.kick();
                guest.bench().await("I/O", () -> guest.bench().inFlight() == 0);
                disk.failing = false;
                byte[] after = bytes(guest, area);
                for (Buffer buffer : given) {
                    if (buffer.writable()) {
                        int at = (int) (buffer.address() - area);
                        Arrays.fill(before, at, at + buffer.length(), (byte) 0);
                        Arrays.fill(after, at, at + buffer.length(), (byte) 0);
                    }
                }
                assertArrayEquals(before, after);
                if ((guest.driver.read(STATUS) & NEEDS_RESET) == 0) {
                    guest.queue.await();
                } else {
                    guest.setUp(ALL);
                }
            }
            assertEquals(OK, guest.read(0, 512).status());
        }
        for (int i = CAPACITY * 512; i < disk.content().length; i++) {
            assertEquals((byte) 0xa5, disk.content()[i]);
        }
    }

    private static byte[] bytes(BlockGuest guest, long area) {
        var bytes = new byte[64 << 10];
        guest.bench().memory().get(area, bytes, 0, bytes.length);
        return bytes;
    }
}
