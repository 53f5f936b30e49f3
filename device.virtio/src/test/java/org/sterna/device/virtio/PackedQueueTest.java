package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.*;
import static org.sterna.testkit.VirtqueueDriver.INDIRECT;
import static org.sterna.testkit.VirtqueueDriver.NEXT;
import static org.sterna.testkit.VirtqueueDriver.WRITE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.PackedQueueDriver;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;
import org.sterna.testkit.VirtqueueDriver.Used;

/** What drivers, good and bad ones, see of a packed queue (section 2.8). */
class PackedQueueTest {
    private static final long PACKED = VERSION_1 | RING_PACKED;

    private static EchoGuest guest(long features, int size) {
        return new EchoGuest(Map.of("ring-packed", "on"), features, size);
    }

    private static PackedQueueDriver ring(EchoGuest guest) {
        return (PackedQueueDriver) guest.ring;
    }

    @Test
    void itIsOfferedOnlyWhenItIsAskedFor() {
        try (var split = new DeviceBench(new EchoFactory(), Map.of());
                var packed = new DeviceBench(new EchoFactory(), Map.of("ring-packed", "on"))) {
            assertEquals(0, new VirtioDriver(split).offered() & RING_PACKED);
            assertEquals(RING_PACKED, new VirtioDriver(packed).offered() & RING_PACKED);
        }
    }

    @ParameterizedTest
    @CsvSource({"0,4", "0,3", "0x20000000,5", "0x10000000,2", "-1,7", "-1,64", "-1,3"})
    void copiesManyRequestsRoundTheRing(String features, int size) {
        try (var guest = guest(PACKED | Long.decode(features), size)) {
            for (int i = 0; i < 5 * size; i++) {
                guest.echo("request " + i);
            }
        }
    }

    @Test
    void chainsComeBackInAnyOrderAndTakeTheirPlacesWithThem() {
        try (var guest = guest(PACKED, 7)) {
            for (int i = 0; i < 20; i++) {
                guest.put("x".getBytes());
                var expected = List.of(new Used(guest.ring.add(guest.request(1)), 1),
                    new Used(guest.ring.add(guest.request(1)), 1), new Used(guest.ring.add(guest.request(1)), 1));
                guest.ring.kick();
                var back = new ArrayList<Used>();
                for (int j = 0; j < 3; j++) {
                    back.add(guest.ring.await());
                }
                assertTrue(back.containsAll(expected), back + " " + expected);
            }
        }
    }

    @Test
    void anIndirectTableMayStandAlone() {
        try (var guest = guest(PACKED | INDIRECT_DESC, 1)) {
            long table = guest.driver.allocate(64, 8);
            for (int i = 0; i < 5; i++) {
                byte[] bytes = ("indirect " + i).getBytes();
                guest.put(bytes);
                int id = guest.ring.addIndirect(table, guest.request(bytes.length));
                guest.ring.kick();
                guest.checkEcho(id, bytes);
            }
        }
    }

    @Test
    void everyUsedBufferInterruptsUnlessTheDriverWantsNone() {
        try (var guest = guest(PACKED, 8)) {
            guest.echo("one");
            assertEquals(1, guest.driver.takeInterrupt());
            guest.ring.wantNoInterrupts();
            guest.echo("two");
            assertFalse(guest.bench().interruptLevel());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void eventIndexInterruptsAtTheWantedPlaceOnly(int before) {
        // Each echo takes two places; the wish may fall on either of them, and beyond the end of the ring.
        try (var guest = guest(PACKED | EVENT_IDX, 7)) {
            for (int i = 0; i < before; i++) {
                guest.echo("before");
            }
            guest.driver.takeInterrupt();
            guest.ring.wantInterruptAfter(5);
            guest.echo("one");
            guest.echo("two");
            assertFalse(guest.bench().interruptLevel());
            guest.echo("three");
            assertTrue(guest.bench().interruptLevel());
            guest.driver.takeInterrupt();
            guest.echo("four");
            assertFalse(guest.bench().interruptLevel());
        }
    }

    @Test
    void eventIndexSparesNotificationsWhileTheDeviceHasWork() {
        try (var guest = guest(PACKED | EVENT_IDX, 5)) {
            for (int i = 0; i < 10; i++) {
                guest.ring.add(guest.request(1));
                assertTrue(guest.ring.kick());
                guest.ring.await();
            }
            guest.ring.add(guest.request(1));
            assertTrue(guest.ring.kick());
            assertFalse(guest.ring.kick());
        }
    }

    @Property(tries = 60)
    void aDeviceGoesOnWhereverItIsMoved(@ForAll @Size(max = 12) List<@IntRange(max = 2) Integer> steps,
            @ForAll boolean eventIndex, @ForAll @IntRange(min = 2, max = 9) int size) throws Exception {
        try (var guest = guest(PACKED | (eventIndex ? EVENT_IDX : 0), size)) {
            for (int step : steps) {
                byte[] bytes = ("step " + step).getBytes();
                guest.put(bytes);
                int id = guest.ring.add(guest.request(bytes.length));
                if (step == 0) {
                    guest.ring.kick();
                }
                if (step < 2) {
                    guest.migrate();
                }
                if (step > 0) {
                    guest.ring.kick();
                }
                guest.checkEcho(id, bytes);
            }
        }
    }

    static Stream<Named<BiConsumer<EchoGuest, PackedQueueDriver>>> mistakes() {
        long end = DeviceBench.MEMORY_BASE + (16 << 20);
        return Stream.of(
            mistake("a chain longer than the ring", (g, q) -> {
                for (int i = 0; i < 8; i++) {
                    q.publish(g.from(), 1, 0, NEXT);
                }
            }),
            mistake("a buffer below memory", (g, q) -> q.publish(0, 1, 0, 0)),
            mistake("a buffer across the end", (g, q) -> q.publish(end - 1, 2, 0, WRITE)),
            mistake("a buffer that wraps", (g, q) -> q.publish(-1, 16, 0, WRITE)),
            mistake("a buffer of 4 GiB", (g, q) -> q.publish(g.from(), -1, 0, 0)),
            mistake("an empty buffer", (g, q) -> q.publish(g.from(), 0, 0, 0)),
            mistake("an indirect table out of memory", (g, q) -> q.publish(end - 16, 32, 0, INDIRECT)),
            mistake("an empty indirect table", (g, q) -> q.publish(g.to(), 0, 0, INDIRECT)),
            mistake("a piece of an indirect table", (g, q) -> q.publish(g.to(), 24, 0, INDIRECT)),
            mistake("an indirect table with a next", (g, q) -> q.publish(g.to(), 16, 0, INDIRECT | NEXT)),
            mistake("a huge indirect table", (g, q) -> q.publish(DeviceBench.MEMORY_BASE, 8 << 20, 0, INDIRECT)),
            mistake("a nested indirect table", (g, q) -> {
                // In a table only WRITE counts, so the inner table is a buffer, and this one is empty.
                q.describe(g.to(), 0, g.from(), 0, 0, INDIRECT);
                q.publish(g.to(), 16, 0, INDIRECT);
            }),
            mistake("a writable before a readable", (g, q) -> q.add(
                List.of(Buffer.writable(g.to(), 1), Buffer.readable(g.from(), 1)))),
            mistake("a request that the device rejects", (g, q) -> q.add(
                List.of(Buffer.writable(DeviceBench.MEMORY_BASE, 2 << 20)))));
    }

    private static Named<BiConsumer<EchoGuest, PackedQueueDriver>> mistake(String name,
            BiConsumer<EchoGuest, PackedQueueDriver> action) {
        return Named.of(name, action);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void mistakesStopTheDeviceUntilItIsReset(BiConsumer<EchoGuest, PackedQueueDriver> mistake) {
        try (var guest = guest(EchoGuest.ALL, 8)) {
            guest.echo("before");
            mistake.accept(guest, ring(guest));
            guest.driver.write(QUEUE_NOTIFY, 0);
            assertNotEquals(0, guest.status() & NEEDS_RESET);
            assertNotEquals("", guest.fault());
            assertEquals(0, guest.bench().inFlight());
            guest.setUp(EchoGuest.ALL, 8);
            guest.echo("after");
        }
    }

    @Test
    void moreThanTheWholeRingCannotBeWithTheDevice() {
        try (var guest = guest(EchoGuest.ALL, 4)) {
            guest.bench().holdIo();
            for (int i = 0; i < 5; i++) {
                ring(guest).publish(guest.to(), 1, i, WRITE);
                guest.driver.write(QUEUE_NOTIFY, 0);
                assertEquals(i == 4, (guest.status() & NEEDS_RESET) != 0);
            }
            assertEquals(4, guest.bench().inFlight());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 65, 0x1_0000, Integer.MIN_VALUE, -1})
    void aQueueOfAnImpossibleSizeIsNotEnabled(int size) {
        try (var guest = guest(PACKED, 8)) {
            VirtioDriver driver = guest.driver.negotiate(PACKED);
            driver.packedQueue(8);
            driver.write(QUEUE_READY, 0);
            driver.write(QUEUE_SIZE, size);
            driver.write(QUEUE_READY, 1);
            assertEquals(0, driver.read(QUEUE_READY));
            assertNotEquals(0, driver.read(STATUS) & NEEDS_RESET);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE})
    void aQueueThatIsUnalignedOrNotInMemoryIsNotEnabled(int register) {
        try (var guest = guest(PACKED, 8)) {
            for (long address : new long[] {0, DeviceBench.MEMORY_BASE + 2, -16, Long.MIN_VALUE}) {
                VirtioDriver driver = guest.driver.negotiate(PACKED);
                driver.packedQueue(8);
                driver.write(QUEUE_READY, 0);
                driver.writePair(register, address);
                driver.write(QUEUE_READY, 1);
                assertEquals(0, driver.read(QUEUE_READY));
            }
        }
    }

    @Test
    void aPlaceBeyondTheRingIsRefusedInAState() {
        try (var guest = guest(PACKED, 5)) {
            TransportState s = guest.bench().call(d -> guest.device().transport().state());
            QueueState q = s.queues().getFirst();
            for (short place : new short[] {5, (short) 0x8005, 0x7fff}) {
                var queues = List.of(q.enabledAt(place, q.nextUsed()), s.queues().getLast());
                var state = new EchoFactory.EchoState(new TransportState(s.status(), s.driverFeatures(),
                    s.interruptStatus(), 0, 0, 0, 0, queues), LegacyState.UNUSED);
                assertThrows(IllegalArgumentException.class,
                    () -> guest.bench().serialized(() -> guest.device().restore(state)));
            }
        }
    }

    /** Random descriptors in the ring and in a table never make the device throw, nor write where it may not. */
    @Property(tries = 40)
    void randomRings(@ForAll long seed) {
        var random = new Random(seed);
        try (var guest = guest(EchoGuest.ALL, 8)) {
            var memory = guest.bench().memory();
            guest.driver.allocate(1 << 16, 4096);
            byte[] canary = new byte[(int) memory.size() - (1 << 16)];
            Arrays.fill(canary, (byte) 0xa5);
            memory.put(memory.base() + (1 << 16), canary, 0, canary.length);
            for (int round = 0; round < 20; round++) {
                for (int entry = 0; entry < 8; entry++) {
                    scribble(guest, random, ring(guest).ring(), entry);
                    scribble(guest, random, memory.base() + 0x8000, entry);
                }
                guest.driver.write(QUEUE_NOTIFY, 0);
                if ((guest.status() & NEEDS_RESET) != 0 || random.nextInt(4) == 0) {
                    guest.driver.negotiate(EchoGuest.ALL & ~(random.nextBoolean() ? EVENT_IDX : INDIRECT_DESC));
                    // In the same place, so that the arena stays where it is.
                    guest.driver.write(QUEUE_SEL, 0);
                    guest.driver.write(QUEUE_SIZE, 8);
                    guest.driver.writePair(QUEUE_DESC, ring(guest).ring());
                    guest.driver.writePair(QUEUE_DRIVER, ring(guest).deviceEvent() - 4);
                    guest.driver.writePair(QUEUE_DEVICE, ring(guest).deviceEvent());
                    guest.driver.write(QUEUE_READY, 1);
                    guest.driver.ready();
                }
            }
            guest.bench().await("I/O", () -> guest.bench().inFlight() == 0);
            var after = new byte[canary.length];
            memory.get(memory.base() + (1 << 16), after, 0, after.length);
            assertArrayEquals(canary, after);
            guest.setUp(EchoGuest.ALL, 8);
            guest.echo("recovered");
        }
    }

    private static void scribble(EchoGuest guest, Random random, long table, int entry) {
        long address = switch (random.nextInt(12)) {
            case 0 -> random.nextLong() | 1L << 40;
            case 1 -> DeviceBench.MEMORY_BASE + (16 << 20) - 1;
            case 2, 3 -> DeviceBench.MEMORY_BASE + 0x8000;
            default -> DeviceBench.MEMORY_BASE + 0x4000 + random.nextInt(0x8000);
        };
        int length = switch (random.nextInt(12)) {
            case 0 -> -1 - random.nextInt(100);
            case 1 -> 0;
            case 2, 3 -> 16 * random.nextInt(9);
            default -> 2 + random.nextInt(0x1000);
        };
        ring(guest).describe(table, entry, address, length, random.nextInt(1 << 16),
            random.nextInt(8) | (random.nextBoolean() ? 1 << 7 : 1 << 15));
    }
}
