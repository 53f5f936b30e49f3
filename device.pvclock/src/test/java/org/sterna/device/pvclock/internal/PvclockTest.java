package org.sterna.device.pvclock.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.testkit.DeviceBench;

/** What a guest sees of its clock. */
class PvclockTest {
    @Test
    void identification() {
        try (var guest = Guest.started(Map.of())) {
            assertEquals(0x4b435650, guest.bench.read(0x00, 4));
            assertEquals(1, guest.bench.read(0x04, 4));
            assertEquals(3, guest.bench.read(0x08, 4));
            guest.bench.write(0x00, 4, 7);
            assertEquals(0x4b435650, guest.bench.read(0x00, 4));
            assertEquals(0, guest.bench.read(0x00, 1), "of the wrong size");
            assertEquals(0, guest.bench.read(0x00, 8), "of the wrong size");
            assertEquals(0, guest.bench.read(0x10, 2), "of the wrong size");
            guest.bench.write(0x10, 1, 0);
            assertEquals(Guest.PAGE | 1, guest.bench.read(0x10, 8));
            assertEquals(0, guest.bench.read(0x20, 8), "unknown");
            assertEquals(0x1000, guest.bench.device().registerBytes());
            assertEquals(List.of("sterna,pvclock"), guest.bench.device().node().compatible());
        }
        try (var guest = Guest.started(Map.of("tsc-stable", "off", "guest-stopped", "off"))) {
            assertEquals(0, guest.bench.read(0x08, 4));
        }
    }

    @Test
    void thePageTellsTheTime() {
        try (var guest = new Guest(Map.of())) {
            guest.pass(5_000);
            guest.bench.start();
            guest.pass(1_000_000_250);
            guest.bench.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
            var info = Guest.TimeInfo.read(guest.bench.memory(), Guest.PAGE);
            assertEquals(new Guest.TimeInfo(2, 10_000_002, 1_000_000_200, 100 << 25, 7), info);
            assertEquals(TimePage.TSC_STABLE, guest.flags(), "not GUEST_STOPPED at the first start");
            guest.pass(12_345_678_900L);
            assertEquals(13_345_679_100L, guest.systemTime());
        }
    }

    @Test
    void halvesTakeEffectWithTheUpperOne() {
        try (var guest = new Guest(Map.of())) {
            guest.bench.start();
            guest.bench.write(PvclockDevice.SYSTEM_TIME, 4, Guest.PAGE | 1);
            assertEquals(0, guest.bench.memory().getInt(Guest.PAGE));
            assertEquals(0, guest.bench.read(PvclockDevice.SYSTEM_TIME, 4));
            guest.bench.write(PvclockDevice.SYSTEM_TIME + 4, 4, 0);
            assertEquals(2, guest.bench.memory().getInt(Guest.PAGE));
            guest.bench.write(PvclockDevice.SYSTEM_TIME + 4, 4, 0x1234);
            assertEquals(0x1234_0000_0000L | Guest.PAGE | 1, guest.bench.read(PvclockDevice.SYSTEM_TIME, 8));
            assertEquals(0x1234, guest.bench.read(PvclockDevice.SYSTEM_TIME + 4, 4));
            assertEquals(Guest.PAGE | 1, guest.bench.read(PvclockDevice.SYSTEM_TIME, 4));
        }
    }

    @Test
    void wallClockPlusSystemTimeIsRealTime() {
        try (var guest = Guest.started(Map.of())) {
            guest.pass(3_141_592_600L);
            guest.bench.write(PvclockDevice.WALL_CLOCK, 8, Guest.WALL);
            GuestMemory memory = guest.bench.memory();
            assertEquals(2, memory.getInt(Guest.WALL));
            guest.pass(2_718_281_800L);
            long wall = memory.getInt(Guest.WALL + 4) * 1_000_000_000L + memory.getInt(Guest.WALL + 8);
            assertEquals(guest.wallTime.get(), wall + guest.systemTime());
            assertEquals(Guest.WALL, guest.bench.read(PvclockDevice.WALL_CLOCK, 8));
        }
    }

    @Test
    void whatIsWrittenIsMarkedDirty() {
        try (var guest = Guest.started(Map.of()); var reader = guest.bench.memory().dirtyLog().open()) {
            guest.bench.pause();
            guest.bench.start();
            var dirty = new BitSet();
            assertEquals(1, reader.harvest(dirty));
            assertTrue(dirty.get((int) (Guest.PAGE - DeviceBench.MEMORY_BASE >> GuestMemory.PAGE_SHIFT)));
        }
    }

    @Test
    void aPauseIsToldUntilTheGuestHasSeenIt() {
        try (var guest = Guest.started(Map.of())) {
            guest.bench.pause();
            guest.bench.start();
            assertEquals(TimePage.TSC_STABLE | TimePage.GUEST_STOPPED, guest.flags());
            guest.bench.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
            assertEquals(TimePage.TSC_STABLE | TimePage.GUEST_STOPPED, guest.flags(), "the guest has not cleared it");
            guest.clearStopped();
            guest.bench.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
            assertEquals(TimePage.TSC_STABLE, guest.flags());
        }
        try (var guest = Guest.started(Map.of("guest-stopped", "off", "tsc-stable", "off"))) {
            guest.bench.pause();
            guest.bench.start();
            assertEquals(0, guest.flags());
        }
    }

    @Test
    void timeStandsStillWhilePaused() {
        try (var guest = Guest.started(Map.of())) {
            guest.pass(1_000_000);
            long before = guest.systemTime();
            guest.bench.pause();
            guest.pass(1_000_000_000);
            guest.bench.start();
            assertEquals(before, guest.systemTime());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 0x1000, DeviceBench.MEMORY_BASE - 16, DeviceBench.MEMORY_BASE + (1 << 20) - 4,
        DeviceBench.MEMORY_BASE + 2, Long.MAX_VALUE, -1, -4, Long.MIN_VALUE})
    void anAddressThatCannotBeIsIgnored(long address) {
        try (var guest = new Guest(Map.of()); var reader = guest.bench.memory().dirtyLog().open()) {
            guest.bench.start();
            guest.bench.write(PvclockDevice.SYSTEM_TIME, 8, address | 1);
            guest.bench.write(PvclockDevice.WALL_CLOCK, 8, address);
            assertEquals(address | 1, guest.bench.read(PvclockDevice.SYSTEM_TIME, 8));
            assertEquals(address, guest.bench.read(PvclockDevice.WALL_CLOCK, 8));
            guest.bench.pause();
            guest.bench.start();
            assertEquals(0, reader.harvest(new BitSet()), "nothing was written");
        }
    }

    @Property(tries = 500)
    void noAccessMakesTheHostThrow(@ForAll List<@LongRange(min = 0, max = 0x1008) Long> offsets, @ForAll long value,
            @ForAll @IntRange(max = 3) int size) {
        try (var guest = new Guest(Map.of())) {
            guest.bench.start();
            for (long offset : offsets) {
                guest.bench.write(offset, 1 << size, value);
                guest.bench.read(offset, 1 << size);
                guest.bench.write(offset & ~7, 8, value);
            }
            guest.bench.pause();
            guest.bench.start();
        }
    }

    /** A guest on another thread never sees a torn structure, nor time going back, while the device writes it anew. */
    @Test
    void aReaderThatRunsAtTheSameTimeSeesTimeGoForward() throws InterruptedException {
        try (var guest = Guest.started(Map.of())) {
            GuestMemory memory = guest.bench.memory();
            var done = new AtomicBoolean();
            var wrong = new AtomicReference<String>();
            var reader = Thread.ofPlatform().start(() -> {
                long last = 0;
                while (!done.get() && wrong.get() == null) {
                    var info = Guest.TimeInfo.read(memory, Guest.PAGE);
                    long now = info.nanosAt(guest.ticks());
                    if (info.nanos() != info.ticks() * 100 || now < last) {
                        wrong.set(info + " after " + last);
                    }
                    last = now;
                }
            });
            for (int i = 0; i < 100_000; i++) {
                guest.pass(137);
                guest.bench.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
            }
            done.set(true);
            reader.join();
            assertEquals(null, wrong.get());
            assertEquals(200_002, memory.getInt(Guest.PAGE));
        }
    }
}
