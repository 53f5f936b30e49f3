package org.sterna.testkit.conformance;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.sterna.machine.device.Device;
import org.sterna.machine.state.StateException;
import org.sterna.migration.StateCrossing;
import org.sterna.testkit.DeviceBench;

/**
 * A guest that does anything, from a seed: with registers and memory whatever the device is, and with queues if it has any. It
 * points into the upper half of its memory only; see {@link HostileValues}.
 */
final class HostileGuest {
    private static final int ACCESSES = 120;
    private static final int REPLACED = 30;
    private static final byte UNTOUCHED = 0x5a;
    private static final int LEFT_OUT = 64 << 10;
    private static final int SCRIBBLED = 64;
    private static final int CHUNK = 64 << 10;

    private final Implementation device;
    private final Map<String, String> properties;
    private final long seed;
    private final Duration patience;

    HostileGuest(Implementation device, Map<String, String> properties, long seed, Duration patience) {
        this.device = device;
        this.properties = properties;
        this.seed = seed;
        this.patience = patience;
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
        return new AssertionError("hostile guest, seed " + seed + (properties.isEmpty() ? "" : ", " + properties) + ": " + what,
            cause);
    }

    private static String trace(Throwable thrown) {
        var text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private void attack() {
        try (DeviceBench bench = device.bench(device.abi(), properties)) {
            var values = new HostileValues(new Random(seed), bench.memory());
            MemorySegment lower = bench.memory().segment().asSlice(LEFT_OUT, bench.memory().size() / 2 - LEFT_OUT);
            lower.fill(UNTOUCHED);
            var registers = new HostileRegisters(bench, values.ground());
            var driver = new HostileDriver(bench, registers, values);
            long registerBytes = bench.call(Device::registerBytes);
            for (int i = 0; i < ACCESSES; i++) {
                int chance = values.below(registers.virtio() ? 12 : 4);
                switch (chance) {
                    case 0 -> bench.read(values.below((int) registerBytes), values.size());
                    case 1 -> scribble(bench, values);
                    case 2, 3 -> {
                        int size = values.size();
                        int register = values.below((int) registerBytes);
                        registers.write(values.once(3) ? register : register & ~3, size, values.value(size));
                    }
                    default -> driver.act();
                }
                if (values.once(REPLACED)) {
                    driver.releaseIo();
                    replace(bench);
                }
            }
            driver.releaseIo();
            replace(bench);
            bench.pause();
            if (!bench.faults().isEmpty()) {
                throw new AssertionError("the device has thrown " + trace(bench.faults().getFirst()));
            }
            requireUntouched(lower);
            byte[] afterReset = afterReset(bench);
            bench.renew();
            if (!Arrays.equals(bench.save(), afterReset)) {
                throw new AssertionError("after a reset the device is not what it was after power-on");
            }
        }
    }

    private static void scribble(DeviceBench bench, HostileValues values) {
        long at = values.room(8 * SCRIBBLED, 16);
        for (int i = 0; i < SCRIBBLED; i++) {
            bench.memory().putLong(at + 8L * i, values.word());
        }
    }

    /** Whatever the guest has done, a migration must find a device that takes the state. */
    private void replace(DeviceBench bench) {
        bench.pause();
        StateCrossing crossing = device.crossing(bench, device);
        if (!crossing.verdict().allowed()) {
            throw new AssertionError("the state cannot be handed on: " + crossing.verdict().reasons());
        }
        try {
            bench.swap(device.factory(), crossing.crossing());
        } catch (StateException e) {
            throw new AssertionError("a new device does not take the state: " + e.getMessage(), e);
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
        // In chunks, since a look at each byte would take much of the time that the device has.
        var untouched = new byte[CHUNK];
        Arrays.fill(untouched, UNTOUCHED);
        MemorySegment expected = MemorySegment.ofArray(untouched);
        for (long from = 0; from < lower.byteSize(); from += CHUNK) {
            long size = Math.min(CHUNK, lower.byteSize() - from);
            long at = lower.asSlice(from, size).mismatch(expected.asSlice(0, size));
            if (at >= 0) {
                throw new AssertionError("guest memory was written at 0x"
                    + Long.toHexString(DeviceBench.MEMORY_BASE + LEFT_OUT + from + at) + ", where the guest has never pointed to");
            }
        }
    }
}
