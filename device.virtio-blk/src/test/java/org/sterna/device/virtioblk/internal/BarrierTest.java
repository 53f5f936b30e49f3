package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.*;
import static org.sterna.device.virtioblk.internal.BlockRequest.BARRIER;
import static org.sterna.device.virtioblk.internal.BlockRequest.OUT;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;

/** VIRTIO_BLK_F_BARRIER of legacy drivers: what it orders, seen by a disk that lets some sectors wait. */
class BarrierTest {
    private static final int SECTORS = 64;
    private static final byte[] DATA = new byte[512];
    private final RecordingDisk disk = new RecordingDisk(SECTORS);
    private final BlockGuest guest = guest(disk, ALL);

    @AfterEach
    void close() {
        for (long sector = 0; sector < SECTORS; sector++) {
            disk.release(sector);
        }
        guest.close();
    }

    private static BlockGuest guest(RecordingDisk disk, long features, String... properties) {
        var values = new HashMap<>(Map.of("drive", "memory", "registers", "legacy", "queues", "3", "queue-size", "64"));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        return new BlockGuest(disk.bench(values), features);
    }

    /** Writes to a sector, each time the one that is named by the request. */
    private void submit(int queue, int type, int sector) {
        guest.add(guest.queues.get(queue), type, sector, DATA, 0);
        guest.queues.get(queue).kick();
    }

    private void assertTouched(Long... sectors) {
        guest.bench().await("the sectors " + List.of(sectors),
            () -> disk.accesses.stream().distinct().sorted().toList().equals(List.of(sectors)));
    }

    @Test
    void onlyALegacyDeviceHasIt() {
        assertEquals(1, guest.driver.offered() & 1);
        try (var modern = new BlockGuest(new RecordingDisk(4).bench(Map.of("drive", "memory")), ALL)) {
            assertEquals(0, modern.driver.offered() & 1);
            assertEquals(UNSUPPORTED, modern.request(BARRIER | OUT, 0, DATA, 0).status());
        }
        // On a modern device off is what it is anyway, so that one command line does for both.
        new BlockGuest(new RecordingDisk(4).bench(Map.of("drive", "memory", "barrier", "off", "queues", "4")), ALL).close();
        var refused = assertThrows(IllegalArgumentException.class,
            () -> new RecordingDisk(4).bench(Map.of("drive", "memory", "barrier", "on")));
        assertTrue(refused.getMessage().contains("only with registers=legacy"), refused.getMessage());
    }

    @Test
    void anOlderAbiDoesNotHaveIt(@TempDir Path directory) {
        var bench = new DeviceBench(new BlockDeviceFactory(), new AbiVersion(1, 2), Map.of("drive",
            BlockGuest.disk(directory, 8).toString(), "registers", "legacy"), new GuestClock(), 16 << 20);
        bench.serialized(() -> {
            bench.attach();
            bench.device().reset();
        });
        bench.start();
        try (var older = new BlockGuest(bench, ALL)) {
            assertEquals(0, older.driver.offered() & 1);
        }
    }

    @Test
    void withoutTheFeatureTheFlagMakesAnUnknownType() {
        guest.setUp(ALL & ~1L);
        assertEquals(UNSUPPORTED, guest.request(BARRIER | OUT, 0, DATA, 0).status());
        assertTrue(disk.accesses.isEmpty());
    }

    @Test
    void aBarrierWaitsForWhatIsBeforeItAndHoldsWhatIsAfterIt() {
        disk.hold(1);
        submit(0, OUT, 1);
        submit(0, OUT, 2);
        assertEquals(OK, guest.await().status());
        submit(0, BARRIER | OUT, 3);
        submit(0, OUT, 4);
        submit(0, OUT, 5);
        assertEquals(1, guest.bench().inFlight());
        assertTouched(2L);
        disk.hold(3);
        disk.release(1);
        assertEquals(OK, guest.await().status());
        assertEquals(1, guest.bench().inFlight());
        assertTouched(1L, 2L);
        disk.release(3);
        for (int i = 0; i < 3; i++) {
            assertEquals(OK, guest.await().status());
        }
        assertTouched(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void itOrdersTheRequestsOfAllQueues() {
        disk.hold(1);
        submit(0, OUT, 1);
        submit(1, BARRIER | OUT, 2);
        submit(2, OUT, 3);
        assertEquals(1, guest.bench().inFlight());
        disk.release(1);
        for (int queue = 0; queue < 3; queue++) {
            assertEquals(OK, guest.await(guest.queues.get(queue)).status());
        }
        assertEquals(List.of(1L, 2L, 3L), disk.accesses.stream().distinct().toList());
    }

    @Test
    void whatWasWrittenBeforeIsOnTheDiskBeforeWhatIsWrittenAfter() {
        submit(0, OUT, 1);
        submit(0, BARRIER | OUT, 2);
        submit(0, OUT, 3);
        for (int i = 0; i < 3; i++) {
            assertEquals(OK, guest.await().status());
        }
        var expected = new ArrayList<String>(Collections.nCopies(6, "write"));
        expected.add("force");
        expected.addAll(Collections.nCopies(6, "write"));
        expected.add("force");
        expected.addAll(Collections.nCopies(6, "write"));
        assertEquals(expected, disk.calls);
    }

    @Test
    void everyKindOfRequestMayBeABarrier() {
        assertEquals(OK, guest.request(BARRIER | BlockRequest.IN, 1, new byte[0], 512).status());
        assertEquals(OK, guest.request(BARRIER | BlockRequest.FLUSH, 0, new byte[0], 0).status());
        assertEquals(OK, guest.request(BARRIER | BlockRequest.GET_ID, 0, new byte[0], 20).status());
        assertEquals(UNSUPPORTED, guest.request(BARRIER | 99, 0, new byte[0], 0).status());
        assertEquals(IO_ERROR, guest.request(BARRIER | OUT, SECTORS, DATA, 0).status());
        assertEquals(OK, guest.write(1, DATA));
    }

    @Test
    void aBarrierThatFailsHoldsNothingUp() {
        disk.hold(1);
        submit(0, OUT, 1);
        submit(0, BARRIER | OUT, 2);
        submit(0, OUT, 3);
        disk.failing = true;
        disk.release(1);
        for (int i = 0; i < 3; i++) {
            assertEquals(IO_ERROR, guest.await().status());
        }
        disk.failing = false;
        assertEquals(OK, guest.write(1, DATA));
    }

    @Test
    void whatIsHeldIsDroppedByAReset() {
        disk.hold(1);
        submit(0, OUT, 1);
        submit(1, BARRIER | OUT, 2);
        submit(2, OUT, 3);
        guest.driver.startReset();
        assertNotEquals(0, guest.driver.read(VirtioDriver.STATUS));
        disk.release(1);
        guest.setUp(ALL);
        assertEquals(List.of(1L), disk.accesses.stream().distinct().toList());
        assertEquals(OK, guest.request(BARRIER | OUT, 4, DATA, 0).status());
    }

    @Test
    void whatIsHeldIsCompleteBeforeTheGuestMoves(@TempDir Path directory) throws Exception {
        Path file = BlockGuest.disk(directory, SECTORS);
        try (var moving = new BlockGuest(Map.of("drive", file.toString(), "registers", "legacy"), ALL)) {
            moving.bench().holdIo();
            for (int sector = 0; sector < 8; sector++) {
                moving.add(sector % 3 == 2 ? BARRIER | OUT : OUT, sector, DATA, 0);
            }
            moving.queue.kick();
            assertEquals(2, moving.bench().inFlight());
            moving.bench().releaseIo();
            moving.migrate(new BlockDeviceFactory(), Map.of("drive", file.toString()));
            for (int i = 0; i < 8; i++) {
                assertEquals(OK, moving.await().status());
            }
            assertEquals(OK, moving.request(BARRIER | OUT, 8, DATA, 0).status());
        }
        var zeroes = new byte[512 * 9];
        assertArrayEquals(zeroes, java.util.Arrays.copyOf(Files.readAllBytes(file), zeroes.length));
    }

    /** Any requests, each to a sector of its own, in any queue, that end in any order. */
    @Property(tries = 40)
    void noRequestPassesABarrier(@ForAll long seed) {
        var random = new Random(seed);
        var recorded = new RecordingDisk(SECTORS);
        try (var any = guest(recorded, ALL)) {
            int count = 20;
            var barriers = new boolean[count];
            var order = new ArrayList<Long>();
            for (int sector = 0; sector < count; sector++) {
                barriers[sector] = random.nextInt(4) == 0;
                if (random.nextInt(3) == 0) {
                    recorded.hold(sector);
                    order.add((long) sector);
                }
                var queue = any.queues.get(random.nextInt(3));
                any.add(queue, barriers[sector] ? BARRIER | OUT : OUT, sector, DATA, 0);
                queue.kick();
            }
            Collections.shuffle(order, random);
            order.forEach(recorded::release);
            any.bench().await("all requests", () -> any.bench().inFlight() == 0);
            for (int barrier = 0; barrier < count; barrier++) {
                if (barriers[barrier]) {
                    int first = recorded.accesses.indexOf((long) barrier);
                    int last = recorded.accesses.lastIndexOf((long) barrier);
                    for (long other = 0; other < count; other++) {
                        if (other < barrier) {
                            assertTrue(recorded.accesses.lastIndexOf(other) < first, other + " and " + barrier);
                        } else if (other > barrier) {
                            assertTrue(recorded.accesses.indexOf(other) > last, other + " and " + barrier);
                        }
                    }
                }
            }
        }
    }
}
