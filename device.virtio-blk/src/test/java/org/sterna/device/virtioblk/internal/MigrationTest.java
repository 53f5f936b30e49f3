package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.sterna.testkit.VirtioDriver;

/** A guest that works on its disk while it is moved between two machines that share the file. */
class MigrationTest {
    private static final int SECTORS = 32;

    @Property(tries = 25)
    void noRequestIsLostOrDoneTwice(@ForAll long seed, @ForAll boolean eventIndex, @ForAll boolean flush)
            throws Exception {
        var random = new Random(seed);
        Path directory = Files.createTempDirectory("disk");
        Path file = BlockGuest.disk(directory, SECTORS);
        byte[] expected = Files.readAllBytes(file);
        var host = Map.of("drive", file.toString());
        long features = ALL & ~(eventIndex ? 0 : VirtioDriver.EVENT_IDX) & ~(flush ? 0 : 1L << 9);
        try (var guest = new BlockGuest(host, features)) {
            for (int round = 0; round < 12; round++) {
                int requests = 1 + random.nextInt(8);
                for (int i = 0; i < requests; i++) {
                    // Each to another sector, since what overlaps may be done in any order.
                    int sector = i * 4 + random.nextInt(4);
                    var data = new byte[512];
                    Arrays.fill(data, (byte) random.nextInt());
                    System.arraycopy(data, 0, expected, sector * 512, 512);
                    guest.add(BlockRequest.OUT, sector, data, 0);
                }
                boolean late = random.nextBoolean();
                if (!late) {
                    guest.queue.kick();
                }
                if (random.nextInt(3) > 0) {
                    guest.migrate(new BlockDeviceFactory(), host);
                }
                if (late) {
                    guest.queue.kick();
                }
                for (int i = 0; i < requests; i++) {
                    assertEquals(OK, guest.await().status());
                }
                assertArrayEquals(expected, guest.read(0, 512 * SECTORS).data());
            }
        }
        assertArrayEquals(expected, Files.readAllBytes(file));
        Files.delete(file);
        Files.delete(directory);
    }
}
