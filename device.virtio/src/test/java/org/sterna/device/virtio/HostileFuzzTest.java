package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.sterna.testkit.VirtioDriver.*;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.sterna.testkit.DeviceBench;

/**
 * Whatever a driver writes to the registers and into its rings, the device neither throws nor writes to memory that it
 * was not given, and a reset brings it back.
 */
class HostileFuzzTest {
    private static final int[] REGISTERS = {DRIVER_FEATURES, DRIVER_FEATURES_SEL, QUEUE_SEL, QUEUE_SIZE, QUEUE_READY,
        QUEUE_NOTIFY, INTERRUPT_ACK, STATUS, QUEUE_DESC, QUEUE_DESC + 4, QUEUE_DRIVER, QUEUE_DRIVER + 4, QUEUE_DEVICE,
        QUEUE_DEVICE + 4};
    /** Where rings and buffers may be; the driver of the fuzz never names an address outside it that is RAM. */
    private static final int ARENA = 1 << 16;

    @Property(tries = 100)
    void randomRegisters(@ForAll long seed) {
        var random = new Random(seed);
        try (var guest = new EchoGuest(EchoGuest.ALL, 8)) {
            for (int i = 0; i < 300; i++) {
                int size = 1 << random.nextInt(4);
                long offset = random.nextInt(4) > 0 ? REGISTERS[random.nextInt(REGISTERS.length)]
                    : random.nextInt((int) VirtioMmio.REGISTER_BYTES) & -size;
                long value = switch (random.nextInt(4)) {
                    case 0 -> random.nextInt(4);
                    case 1 -> 1L << random.nextInt(32);
                    case 2 -> DeviceBench.MEMORY_BASE + (random.nextInt(ARENA) & -16);
                    default -> random.nextLong();
                };
                guest.bench().write(offset, size, size == 8 ? value : value & (1L << 8 * size) - 1);
                guest.bench().read(offset, size);
            }
            guest.setUp(EchoGuest.ALL, 8);
            guest.echo("recovered");
        }
    }

    @Property(tries = 100)
    void randomRings(@ForAll long seed) {
        var random = new Random(seed);
        try (var guest = new EchoGuest(EchoGuest.ALL, 8)) {
            var memory = guest.bench().memory();
            guest.driver.allocate(ARENA, 4096);
            byte[] canary = new byte[(int) memory.size() - ARENA];
            Arrays.fill(canary, (byte) 0xa5);
            memory.put(memory.base() + ARENA, canary, 0, canary.length);
            for (int round = 0; round < 20; round++) {
                for (int entry = 0; entry < 8; entry++) {
                    scribble(guest, random, guest.queue.descriptors(), entry);
                    scribble(guest, random, memory.base() + 0x8000, entry);
                }
                for (int chains = random.nextInt(4); chains >= 0; chains--) {
                    guest.queue.publish(random.nextInt(9));
                }
                guest.queue.kick();
                if ((guest.status() & NEEDS_RESET) != 0 || random.nextInt(4) == 0) {
                    guest.driver.reset();
                    guest.driver.negotiate(EchoGuest.ALL & ~(random.nextBoolean() ? EVENT_IDX : INDIRECT_DESC));
                    guest.queue.restart();
                    guest.driver.ready();
                }
            }
            guest.bench().await("I/O", () -> guest.bench().inFlight() == 0);
            var after = new byte[canary.length];
            memory.get(memory.base() + ARENA, after, 0, after.length);
            assertArrayEquals(canary, after);
            guest.setUp(EchoGuest.ALL, 8);
            guest.echo("recovered");
            assertEquals("", guest.fault());
        }
    }

    /** A descriptor that is often right, and never one that the device may follow out of the arena into RAM. */
    private static void scribble(EchoGuest guest, Random random, long table, int entry) {
        long inside = DeviceBench.MEMORY_BASE + 0x4000 + random.nextInt(0x8000);
        long address = switch (random.nextInt(12)) {
            case 0 -> random.nextLong() | 1L << 40;
            case 1 -> DeviceBench.MEMORY_BASE + (16 << 20) - 1;
            case 2, 3 -> DeviceBench.MEMORY_BASE + 0x8000;
            default -> inside;
        };
        int length = switch (random.nextInt(12)) {
            case 0 -> -1 - random.nextInt(100);
            case 1 -> 0;
            case 2, 3 -> 16 * random.nextInt(9);
            default -> 2 + random.nextInt(0x1000);
        };
        guest.queue.describe(table, entry, address, length, random.nextInt(8), random.nextInt(10));
    }
}
