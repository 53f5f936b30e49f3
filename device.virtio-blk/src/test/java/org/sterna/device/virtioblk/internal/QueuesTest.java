package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.*;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.VirtioDriver;

/** Several request queues, of every kind of ring and behind either layout of registers. */
class QueuesTest {
    private static final int SECTORS = 64;

    private static Map<String, String> properties(String... more) {
        var values = new HashMap<>(Map.of("drive", "memory", "queue-size", "16"));
        for (int i = 0; i < more.length; i += 2) {
            values.put(more[i], more[i + 1]);
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 16})
    void thereAreAsManyAsThePropertySays(int count) {
        try (var guest = new BlockGuest(new RecordingDisk(SECTORS).bench(properties("queues", "" + count)), ALL)) {
            assertEquals(count, guest.driver.config(34, 2));
            assertEquals(count, guest.queues.size());
            guest.queues.forEach(queue -> assertEquals(OK, guest.request(queue, BlockRequest.IN, 0, new byte[0], 512).status()));
        }
    }

    @Test
    void withoutTheFeatureThereIsOne() {
        try (var guest = new BlockGuest(new RecordingDisk(SECTORS).bench(properties("mq", "off")), ALL)) {
            assertEquals(0, guest.driver.offered() & 1L << 12);
            assertEquals(0, guest.driver.config(34, 2));
            assertEquals(1, guest.queues.size());
        }
    }

    @Test
    void aRequestThatTakesLongHoldsUpNoOtherQueueAndNotItsOwn() {
        var disk = new RecordingDisk(SECTORS);
        try (var guest = new BlockGuest(disk.bench(properties("queues", "3")), ALL)) {
            disk.hold(10);
            guest.add(guest.queues.get(0), BlockRequest.IN, 10, new byte[0], 512);
            guest.queues.get(0).kick();
            for (int i = 0; i < 20; i++) {
                for (var queue : guest.queues.subList(1, 3)) {
                    assertEquals(OK, guest.request(queue, BlockRequest.OUT, 20 + i, new byte[512], 0).status());
                }
            }
            assertEquals(OK, guest.request(guest.queues.get(0), BlockRequest.FLUSH, 0, new byte[0], 0).status());
            assertNull(guest.queues.get(0).poll());
            disk.release(10);
            assertEquals(OK, guest.await(guest.queues.get(0)).status());
        }
    }

    @Test
    void theRequestsOfAllQueuesAreInFlightTogether() {
        var disk = new RecordingDisk(SECTORS);
        try (var guest = new BlockGuest(disk.bench(properties("queues", "4")), ALL)) {
            for (int i = 0; i < 4; i++) {
                disk.hold(i);
                guest.add(guest.queues.get(i), BlockRequest.IN, i, new byte[0], 512);
                guest.queues.get(i).kick();
            }
            assertEquals(4, guest.bench().inFlight());
            // They end in another order than they began.
            for (int i = 3; i >= 0; i--) {
                disk.release(i);
                assertEquals(OK, guest.await(guest.queues.get(i)).status());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"modern,off", "modern,on", "legacy,off"})
    void everyTransportCarriesRequests(String registers, String packed) {
        try (var guest = new BlockGuest(new RecordingDisk(SECTORS).bench(
                properties("registers", registers, "ring-packed", packed, "queues", "2")), ALL)) {
            assertEquals(registers.equals("legacy"), guest.driver.legacy());
            byte[] data = new byte[512];
            Arrays.fill(data, (byte) 7);
            for (int i = 0; i < 50; i++) {
                var queue = guest.queues.get(i % 2);
                assertEquals(OK, guest.request(queue, BlockRequest.OUT, i, data, 0).status());
                assertArrayEquals(data, guest.request(queue, BlockRequest.IN, i, new byte[0], 512).data());
            }
        }
    }

    @Property(tries = 20)
    void noRequestOfAnyQueueIsLostWhenTheDeviceMoves(@ForAll long seed, @ForAll boolean legacy, @ForAll boolean packed)
            throws Exception {
        var random = new Random(seed);
        Path directory = Files.createTempDirectory("queues");
        Path file = BlockGuest.disk(directory, SECTORS);
        byte[] expected = Files.readAllBytes(file);
        var given = new HashMap<>(Map.of("drive", file.toString(), "queues", "3", "registers", legacy ? "legacy" : "modern"));
        if (!legacy) {
            given.put("ring-packed", packed ? "on" : "off");
        }
        try (var guest = new BlockGuest(given, ALL)) {
            for (int round = 0; round < 6; round++) {
                for (int sector = 0; sector < 12; sector++) {
                    var data = new byte[512];
                    Arrays.fill(data, (byte) random.nextInt());
                    System.arraycopy(data, 0, expected, sector * 512, 512);
                    guest.add(guest.queues.get(sector % 3), BlockRequest.OUT, sector, data, 0);
                }
                guest.queues.get(0).kick();
                guest.migrate(new BlockDeviceFactory(), Map.of("drive", file.toString()));
                guest.queues.forEach(queue -> queue.kick());
                for (int sector = 0; sector < 12; sector++) {
                    assertEquals(OK, guest.await(guest.queues.get(sector % 3)).status());
                }
            }
            assertTrue(guest.driver.legacy() == legacy);
            assertEquals(!legacy && packed, (guest.driver.features() & VirtioDriver.RING_PACKED) != 0);
        }
        assertArrayEquals(expected, Files.readAllBytes(file));
        Files.delete(file);
        Files.delete(directory);
    }
}
