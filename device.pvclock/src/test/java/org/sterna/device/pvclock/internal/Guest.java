package org.sterna.device.pvclock.internal;

import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** A guest that reads the time as a driver does, on a host whose two clocks only move when a test says so. */
final class Guest implements AutoCloseable {
    static final long PAGE = DeviceBench.MEMORY_BASE + 0x1000;
    static final long WALL = DeviceBench.MEMORY_BASE + 0x2000;

    final AtomicLong hostTime;
    final AtomicLong wallTime = new AtomicLong(1_700_000_000_123_456_789L);
    final DeviceBench bench;

    Guest(Map<String, String> properties) {
        this(properties, new AtomicLong());
    }

    Guest(Map<String, String> properties, AtomicLong hostTime) {
        this.hostTime = hostTime;
        var factory = new PvclockFactory();
        bench = new DeviceBench(factory, factory.model().abi(), properties,
            new GuestClock(hostTime::get, new WallClock(wallTime)), 1 << 20);
        bench.attach();
        bench.device().reset();
    }

    /** Started for the first time, with its page enabled. */
    static Guest started(Map<String, String> properties) {
        var guest = new Guest(properties);
        guest.bench.start();
        guest.bench.write(PvclockDevice.SYSTEM_TIME, 8, PAGE | 1);
        return guest;
    }

    /** Time passes on the host. */
    void pass(long nanos) {
        hostTime.addAndGet(nanos);
        wallTime.addAndGet(nanos);
    }

    /** The time counter that a processor would show. */
    long ticks() {
        return bench.clock().now() / (1_000_000_000 / DeviceBench.TIMEBASE);
    }

    /** System time now, from the page. */
    long systemTime() {
        return TimeInfo.read(bench.memory(), PAGE).nanosAt(ticks());
    }

    int flags() {
        return bench.memory().getByte(PAGE + 29);
    }

    void clearStopped() {
        bench.memory().putByte(PAGE + 29, (byte) (flags() & ~TimePage.GUEST_STOPPED));
    }

    @Override
    public void close() {
        bench.close();
    }

    /** A consistent copy of the structure, read by the odd and even protocol. */
    record TimeInfo(int version, long ticks, long nanos, int mul, int shift) {
        static TimeInfo read(GuestMemory memory, long address) {
            while (true) {
                int before = memory.getInt(address);
                VarHandle.loadLoadFence();
                var info = new TimeInfo(before, memory.getLong(address + 8), memory.getLong(address + 16),
                    memory.getInt(address + 24), memory.getByte(address + 28));
                VarHandle.loadLoadFence();
                if ((before & 1) == 0 && memory.getInt(address) == before) {
                    return info;
                }
                Thread.onSpinWait();
            }
        }

        long nanosAt(long now) {
            var delta = BigInteger.valueOf(now - ticks);
            return nanos + delta.shiftLeft(shift).multiply(BigInteger.valueOf(Integer.toUnsignedLong(mul)))
                .shiftRight(32).longValueExact();
        }
    }

    private static final class WallClock extends Clock {
        private final AtomicLong nanos;

        WallClock(AtomicLong nanos) {
            this.nanos = nanos;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(0, nanos.get());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
