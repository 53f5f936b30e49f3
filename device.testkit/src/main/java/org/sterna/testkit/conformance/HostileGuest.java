package org.sterna.testkit.conformance;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.sterna.machine.device.Device;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;

/**
 * A guest that does anything, from a seed. It only ever points into the upper half of its memory, so that whatever a device
 * writes into the lower one, it was never told to: no value that is written to a register or to memory, nor two that make up an
 * address, lies there. (The lowest 64 KiB are left out, since 2^31 comes about in many ways.)
 */
final class HostileGuest {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ACCESSES = 120;
    private static final int VIRTIO_MAGIC = 0x7472_6976;
    private static final byte UNTOUCHED = 0x5a;
    private static final int LEFT_OUT = 64 << 10;
    private static final int[] SIZES = {1, 2, 4, 4, 4, 4, 8};

    private final Implementation device;
    private final Map<String, String> properties;
    private final long seed;
    private final Duration patience;
    private final Random random;
    private long ground;
    private int groundBytes;

    HostileGuest(Implementation device, Map<String, String> properties, long seed, Duration patience) {
        this.device = device;
        this.properties = properties;
        this.seed = seed;
        this.patience = patience;
        this.random = new Random(seed);
    }

    /** Does it, on a thread that can be left behind. */
    void verify() {
        var failure = new AtomicReference<Throwable>();
        Thread thread = Thread.ofPlatform().daemon().name("hostile guest").start(() -> {
            try {
                attack();
            } catch (RuntimeException | Error e) {
                failure.set(e);
            }
        });
        try {
            if (!thread.join(patience)) {
                throw fault("the device does not come back from " + Arrays.toString(thread.getStackTrace()), null);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
        if (failure.get() != null) {
            throw fault(failure.get() instanceof AssertionError e ? e.getMessage()
                : "the device has thrown " + trace(failure.get()), failure.get());
        }
    }

    private AssertionError fault(String what, Throwable cause) {
        return new AssertionError("hostile guest, seed " + seed + ": " + what, cause);
    }

    private static String trace(Throwable thrown) {
        var text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private void attack() {
        try (DeviceBench bench = device.bench(device.abi(), properties)) {
            ground = DeviceBench.MEMORY_BASE + bench.memory().size() / 2;
            groundBytes = (int) (bench.memory().size() / 2);
            MemorySegment lower = bench.memory().segment().asSlice(LEFT_OUT, bench.memory().size() / 2 - LEFT_OUT);
            lower.fill(UNTOUCHED);
            long registers = bench.call(Device::registerBytes);
            boolean virtio = (int) bench.read(0, 4) == VIRTIO_MAGIC;
            for (int i = 0; i < ACCESSES; i++) {
                switch (random.nextInt(virtio ? 8 : 4)) {
                    case 0 -> bench.read(random.nextLong(registers), size());
                    case 1 -> scribble(bench, ground + 16L * random.nextInt(groundBytes / 16 - 64), 64);
                    case 2, 3 -> {
                        int size = size();
                        long register = random.nextLong(registers);
                        bench.write(random.nextInt(3) == 0 ? register : register & 0xfcL, size, value(size));
                    }
                    case 4 -> prepareQueues(bench);
                    default -> useQueue(bench);
                }
            }
            bench.pause();
            if (!bench.faults().isEmpty()) {
                throw new AssertionError("the device has thrown " + trace(bench.faults().getFirst()));
            }
            requireUntouched(lower);
            bench.save();
            byte[] afterReset = afterReset(bench);
            bench.renew();
            if (!Arrays.equals(bench.save(), afterReset)) {
                throw new AssertionError("after a reset the device is not what it was after power-on");
            }
        }
    }

    private static byte[] afterReset(DeviceBench bench) {
        bench.call(d -> {
            d.reset();
            return null;
        });
        return bench.save();
    }

    private static void requireUntouched(MemorySegment lower) {
        for (long i = 0; i < lower.byteSize(); i++) {
            if (lower.get(ValueLayout.JAVA_BYTE, i) != UNTOUCHED) {
                throw new AssertionError("guest memory was written at 0x"
                    + Long.toHexString(DeviceBench.MEMORY_BASE + LEFT_OUT + i) + ", where the guest has never pointed to");
            }
        }
    }

    private int size() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    /** Something that is worth trying; no part of it shorter than four bytes could be the upper part of an address. */
    private long value(int size) {
        return size < 4 ? random.nextLong() & 0x7f7f : word();
    }

    /** Eight bytes: an address, a small number, a limit, or anything. */
    private long word() {
        return switch (random.nextInt(6)) {
            case 0 -> address();
            case 1 -> random.nextInt(64);
            case 2 -> 1L << random.nextInt(64) & ~(1L << 31);
            case 3 -> -1;
            case 4 -> random.nextInt(1 << 17);
            default -> random.nextLong() & 0x7f7f_7f7f_7f7f_7f7fL;
        };
    }

    /** In the upper half, sometimes up to its very end, sometimes nowhere. */
    private long address() {
        return switch (random.nextInt(8)) {
            case 0 -> ground + groundBytes - 16;
            case 1 -> ground + groundBytes;
            case 2 -> -16;
            default -> ground + 16L * random.nextInt(groundBytes / 16);
        };
    }

    private void scribble(DeviceBench bench, long at, int words) {
        for (int i = 0; i < words; i++) {
            bench.memory().putLong(at + 8L * i, word());
        }
    }

    private void set(DeviceBench bench, int register, long value) {
        bench.write(register, 4, value & 0xffff_ffffL);
    }

    private void setPair(DeviceBench bench, int register, long value) {
        set(bench, register, value);
        set(bench, register + 4, value >>> 32);
    }

    /** As a driver begins, with queues that may lie anywhere in the upper half, even upon each other. */
    private void prepareQueues(DeviceBench bench) {
        set(bench, VirtioDriver.STATUS, 0);
        set(bench, VirtioDriver.STATUS, VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER);
        for (int word = 0; word < 2; word++) {
            set(bench, VirtioDriver.DEVICE_FEATURES_SEL, word);
            long offered = bench.read(VirtioDriver.DEVICE_FEATURES, 4);
            set(bench, VirtioDriver.DRIVER_FEATURES_SEL, word);
            set(bench, VirtioDriver.DRIVER_FEATURES, random.nextInt(3) == 0 ? offered & random.nextLong() | word : offered);
        }
        set(bench, VirtioDriver.STATUS, VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER | VirtioDriver.FEATURES_OK);
        for (int queue = 0; queue < 4; queue++) {
            set(bench, VirtioDriver.QUEUE_SEL, queue);
            long most = bench.read(VirtioDriver.QUEUE_SIZE_MAX, 4);
            set(bench, VirtioDriver.QUEUE_SIZE, random.nextInt(8) == 0 ? word() : Math.min(most, 1L << random.nextInt(9)));
            setPair(bench, VirtioDriver.QUEUE_DESC, address());
            setPair(bench, VirtioDriver.QUEUE_DRIVER, address());
            setPair(bench, VirtioDriver.QUEUE_DEVICE, address());
            set(bench, VirtioDriver.QUEUE_READY, 1);
        }
        set(bench, VirtioDriver.STATUS, VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER | VirtioDriver.FEATURES_OK
            | VirtioDriver.DRIVER_OK);
    }

    /** A queue with chains that begin sensibly, and with anything in its descriptors and indices now and then. */
    private void useQueue(DeviceBench bench) {
        int queue = random.nextInt(4);
        long table = ground + 4096L * random.nextInt(groundBytes / 4096 - 8);
        for (int entry = 0; entry < 8; entry++) {
            long at = table + 16L * entry;
            bench.memory().putLong(at, address());
            bench.memory().putInt(at + 8, random.nextInt(4) == 0 ? (int) word() & 0x7fff_ffff : random.nextInt(600));
            bench.memory().putShort(at + 12, (short) random.nextInt(random.nextInt(6) == 0 ? 0x7fff : 8));
            bench.memory().putShort(at + 14, (short) random.nextInt(random.nextInt(6) == 0 ? 0x7fff : 8));
        }
        long available = table + 4096;
        bench.memory().putShort(available, (short) random.nextInt(2));
        bench.memory().putShort(available + 2, (short) random.nextInt(random.nextInt(6) == 0 ? 0x7fff : 8));
        for (int entry = 0; entry < 8; entry++) {
            bench.memory().putShort(available + 4 + 2L * entry, (short) random.nextInt(random.nextInt(6) == 0 ? 0x7fff : 8));
        }
        set(bench, VirtioDriver.QUEUE_SEL, queue);
        set(bench, VirtioDriver.QUEUE_READY, 0);
        set(bench, VirtioDriver.QUEUE_SIZE, 8);
        setPair(bench, VirtioDriver.QUEUE_DESC, table);
        setPair(bench, VirtioDriver.QUEUE_DRIVER, available);
        setPair(bench, VirtioDriver.QUEUE_DEVICE, table + 2 * 4096);
        set(bench, VirtioDriver.QUEUE_READY, 1);
        set(bench, VirtioDriver.QUEUE_NOTIFY, random.nextInt(8) == 0 ? word() : queue);
    }
}
