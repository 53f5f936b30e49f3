package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.*;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;

/** The registers of section 4.2.4, and what a legacy driver may do that a modern one may not (section 3.1.2). */
class LegacyRegistersTest {
    private static final Map<String, String> LEGACY = Map.of("registers", "legacy");
    private static final int PAGE = 4096;

    private static EchoGuest guest(long features) {
        return new EchoGuest(LEGACY, features, 8);
    }

    @Test
    void identifiesItselfAndOffersNoFeatureOfVersion1() {
        try (var bench = new DeviceBench(new EchoFactory(), LEGACY)) {
            var driver = new VirtioDriver(bench);
            assertTrue(driver.legacy());
            assertEquals(0x74726976, driver.read(MAGIC_VALUE));
            assertEquals(1, driver.read(VERSION));
            assertEquals(42, driver.read(DEVICE_ID));
            assertEquals(1L | INDIRECT_DESC | EVENT_IDX, driver.offered());
            assertEquals(EchoFactory.QUEUE_SIZE, driver.read(QUEUE_SIZE_MAX));
            // Registers that only the modern layout has.
            assertEquals(0, driver.read(QUEUE_READY));
            assertEquals(0, driver.read(0x0b0));
            assertEquals(0, driver.read(CONFIG_GENERATION));
            assertEquals(0x44556677, driver.config(4, 4));
        }
    }

    @Test
    void packedRingsAndVersion1CannotBeHadWithIt() {
        for (String feature : List.of("ring-packed", "version-1")) {
            var refused = assertThrows(IllegalArgumentException.class,
                () -> new DeviceBench(new EchoFactory(), Map.of("registers", "legacy", feature, "on")));
            assertTrue(refused.getMessage().contains("only with registers=modern"), refused.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, EVENT_IDX, INDIRECT_DESC, EchoGuest.ALL})
    void aDriverWorksWithoutSettlingTheFeatures(long features) {
        try (var guest = guest(features)) {
            assertEquals(ACKNOWLEDGE | DRIVER | DRIVER_OK, guest.status());
            for (int i = 0; i < 40; i++) {
                guest.echo("request " + i);
            }
            assertTrue(guest.bench().interruptLevel());
            assertEquals((features & 1) != 0, guest.bench().call(d -> d.acknowledged()).contains("echo"));
        }
    }

    @Test
    void theUsedRingIsAtTheNextMultipleOfTheAlignment() {
        try (var guest = guest(0)) {
            VirtioDriver driver = guest.driver.negotiate(0);
            long at = driver.allocate(2 * PAGE, PAGE);
            driver.write(QUEUE_SEL, 1);
            driver.write(QUEUE_SIZE, 4);
            driver.write(QUEUE_ALIGN, 64);
            driver.write(QUEUE_PFN, (int) (at / PAGE));
            assertEquals(at / PAGE, driver.read(QUEUE_PFN));
            guest.bench().memory().putLong(at, guest.from());
            guest.bench().memory().putInt(at + 8, 1);
            guest.bench().memory().putShort(at + 64 + 2, (short) 1);
            driver.write(QUEUE_NOTIFY, 1);
            // 64 bytes of descriptors, 14 of the available ring, 50 of padding.
            assertEquals(1, guest.bench().memory().getShort(at + 128 + 2));
        }
    }

    @Test
    void whatTheDriverWroteIsInForceFromTheFirstUseOn() {
        try (var guest = guest(0)) {
            VirtioDriver driver = guest.driver.negotiate(0);
            guest.use(driver.queue(8));
            // Some legacy drivers write the features after they have set up the queues, or use these before DRIVER_OK.
            driver.writeFeatures(EVENT_IDX | 1L << 20);
            assertEquals(Set.of(), guest.bench().call(d -> d.acknowledged()));
            guest.echo("early");
            assertEquals(ACKNOWLEDGE | DRIVER, guest.status());
            assertEquals(Set.of("event-idx"), guest.bench().call(d -> d.acknowledged()));
            driver.writeFeatures(INDIRECT_DESC);
            assertEquals(Set.of("event-idx"), guest.bench().call(d -> d.acknowledged()));
        }
    }

    @Test
    void thePageSizeOutlivesTheDriversReset() {
        try (var guest = guest(0)) {
            VirtioDriver driver = guest.driver;
            driver.reset();
            guest.use(driver.queue(8));
            driver.ready();
            guest.echo("Linux writes the page size before it resets the device");
            guest.bench().serialized(() -> guest.bench().device().reset());
            driver.reset();
            driver.queue(8);
            assertNotEquals(0, guest.status() & NEEDS_RESET);
        }
    }

    @Test
    void aQueueIsStoppedByPage0AndIsInUseUntilItsChainsAreBack() {
        try (var guest = guest(0)) {
            guest.bench().holdIo();
            guest.queue.add(guest.request(1));
            guest.queue.kick();
            guest.driver.write(QUEUE_SEL, 0);
            int page = guest.driver.read(QUEUE_PFN);
            assertNotEquals(0, page);
            guest.driver.write(QUEUE_PFN, 0);
            assertEquals(page, guest.driver.read(QUEUE_PFN));
            guest.bench().releaseIo();
            guest.bench().await("the stop", () -> guest.driver.read(QUEUE_PFN) == 0);
            assertEquals(0, guest.queue.usedIndex());
        }
    }

    @Test
    void aQueueInUseCannotBeMoved() {
        try (var guest = guest(0)) {
            for (int register : new int[] {QUEUE_SIZE, QUEUE_ALIGN, QUEUE_PFN}) {
                guest.driver.write(QUEUE_SEL, 0);
                guest.driver.write(register, 1);
            }
            guest.echo("still there");
        }
    }

    @ParameterizedTest
    @CsvSource({"0,4096,8,0x80000", "4095,4096,8,0x80000", "4096,0,8,0x80000", "4096,3,8,0x80000", "4096,2,8,0x80000",
        "4096,4096,3,0x80000", "4096,4096,-1,0x80000", "4096,4096,8,1", "4096,4096,8,-1", "0x80000000,4096,8,-1",
        "4096,0x80000000,8,0x80000", "4096,4096,8,0x80fff"})
    void aQueueThatCannotBeIsNotEnabled(String pageSize, String align, int size, String page) {
        try (var guest = guest(0)) {
            VirtioDriver driver = guest.driver.negotiate(0);
            driver.write(GUEST_PAGE_SIZE, Long.decode(pageSize).intValue());
            driver.write(QUEUE_SEL, 0);
            driver.write(QUEUE_SIZE, size);
            driver.write(QUEUE_ALIGN, Long.decode(align).intValue());
            driver.write(QUEUE_PFN, Long.decode(page).intValue());
            assertEquals(0, driver.read(QUEUE_PFN));
            assertNotEquals(0, driver.read(STATUS) & NEEDS_RESET);
            guest.setUp(0, 8);
            guest.echo("recovered");
        }
    }

    @Property(tries = 60)
    void aDeviceGoesOnWhereverItIsMoved(@ForAll @Size(max = 10) List<@IntRange(max = 5) Integer> moves,
            @ForAll boolean eventIndex) throws Exception {
        try (var guest = guest(0)) {
            var driver = guest.driver;
            driver.reset();
            int step = 0;
            var steps = List.<Runnable>of(
                () -> driver.write(GUEST_PAGE_SIZE, PAGE),
                () -> driver.addStatus(ACKNOWLEDGE | DRIVER),
                () -> driver.writeFeatures(eventIndex ? EVENT_IDX : 0),
                () -> guest.use(driver.queue(8)),
                () -> guest.echo("before it is ready"),
                driver::ready);
            for (Runnable next : steps) {
                if (moves.contains(step++)) {
                    byte[] before = guest.bench().save();
                    guest.migrate();
                    assertArrayEquals(before, guest.bench().save());
                }
                next.run();
            }
            guest.echo("done");
            driver.write(QUEUE_SEL, 0);
            assertEquals((int) (guest.queue.descriptors() / PAGE), driver.read(QUEUE_PFN));
        }
    }

    @Test
    void aStateOfTheOtherLayoutIsRefused() {
        try (var modern = new EchoGuest(VERSION_1, 8); var legacy = guest(0)) {
            var fromLegacy = legacy.bench().call(d -> legacy.device().state());
            var fromModern = modern.bench().call(d -> modern.device().state());
            assertEquals(LegacyState.UNUSED, fromModern.legacy());
            assertThrows(IllegalArgumentException.class,
                () -> modern.bench().serialized(() -> modern.device().restore(fromLegacy)));
            assertThrows(IllegalArgumentException.class,
                () -> legacy.bench().serialized(() -> legacy.device().restore(fromModern)));
        }
    }

    @Property(tries = 60)
    void randomRegisters(@ForAll long seed) {
        int[] registers = {DRIVER_FEATURES, QUEUE_SEL, QUEUE_SIZE, QUEUE_NOTIFY, INTERRUPT_ACK, STATUS, GUEST_PAGE_SIZE,
            QUEUE_ALIGN, QUEUE_PFN};
        var random = new Random(seed);
        try (var guest = guest(EchoGuest.ALL)) {
            for (int i = 0; i < 300; i++) {
                int value = switch (random.nextInt(4)) {
                    case 0 -> random.nextInt(4);
                    case 1 -> 1 << random.nextInt(32);
                    case 2 -> (int) (DeviceBench.MEMORY_BASE / PAGE) + random.nextInt(16);
                    default -> random.nextInt();
                };
                guest.driver.write(registers[random.nextInt(registers.length)], value);
                guest.driver.read(4 * random.nextInt(64));
            }
            guest.setUp(EchoGuest.ALL, 8);
            guest.echo("recovered");
        }
    }

    @Test
    void aMistakeStopsTheDeviceUntilItIsReset() {
        try (var guest = guest(EchoGuest.ALL)) {
            guest.queue.describe(guest.queue.descriptors(), 0, guest.from(), 1, VirtqueueDriver.NEXT, 0);
            guest.queue.publish(0);
            guest.driver.write(QUEUE_NOTIFY, 0);
            assertNotEquals(0, guest.status() & NEEDS_RESET);
            assertFalse(guest.fault().isEmpty());
            guest.setUp(EchoGuest.ALL, 8);
            guest.echo("after");
        }
    }
}
