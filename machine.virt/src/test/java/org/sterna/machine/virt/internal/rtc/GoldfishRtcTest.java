package org.sterna.machine.virt.internal.rtc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.time.GuestClock;

class GoldfishRtcTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong wall = new AtomicLong(1_700_000_000 * SECOND + 123);
    private final AtomicLong hostTime = new AtomicLong();
    private final GuestClock clock = new GuestClock(hostTime::get, new WallClock(wall));
    private final AtomicBoolean level = new AtomicBoolean();
    private final AtomicReference<CountDownLatch> raised = new AtomicReference<>(new CountDownLatch(1));
    private final GoldfishRtc rtc = new GoldfishRtc(clock, this::line);

    @AfterEach
    void close() {
        clock.close();
    }

    private void line(boolean high) {
        level.set(high);
        if (high) {
            raised.get().countDown();
        }
    }

    private long time() {
        return rtc.read(GoldfishRtc.TIME_LOW, 4) | rtc.read(GoldfishRtc.TIME_HIGH, 4) << 32;
    }

    private void set(int low, long value) {
        rtc.write(low + 4, 4, value >>> 32);
        rtc.write(low, 4, value & 0xffff_ffffL);
    }

    @Test
    void tellsTheWallClock() {
        assertEquals(wall.get(), time());
        wall.addAndGet(5 * SECOND);
        assertEquals(wall.get(), time());
    }

    @Test
    void theUpperHalfBelongsToTheLowerOneThatWasReadLast() {
        wall.set(0x1234_ffff_ffffL);
        assertEquals(0xffff_ffffL, rtc.read(GoldfishRtc.TIME_LOW, 4));
        wall.addAndGet(1);
        assertEquals(0x1234, rtc.read(GoldfishRtc.TIME_HIGH, 4));
    }

    @Test
    void aGuestSetsTheTime() {
        set(GoldfishRtc.TIME_LOW, 42 * SECOND);
        assertEquals(42 * SECOND, time());
        wall.addAndGet(SECOND);
        assertEquals(43 * SECOND, time());
    }

    @Test
    void anAlarmThatIsDueRaisesTheInterruptAtOnce() {
        rtc.write(GoldfishRtc.IRQ_ENABLED, 4, 1);
        set(GoldfishRtc.ALARM_LOW, wall.get());
        assertTrue(level.get());
        assertEquals(0, rtc.read(GoldfishRtc.ALARM_STATUS, 4));
        rtc.write(GoldfishRtc.CLEAR_INTERRUPT, 4, 1);
        assertFalse(level.get());
    }

    @Test
    void anInterruptThatIsNotEnabledStaysPending() {
        set(GoldfishRtc.ALARM_LOW, 1);
        assertFalse(level.get());
        rtc.write(GoldfishRtc.IRQ_ENABLED, 4, 1);
        assertTrue(level.get());
        rtc.write(GoldfishRtc.IRQ_ENABLED, 4, 0);
        assertFalse(level.get());
    }

    @Test
    void anAlarmGoesOffWhenItsTimeHasCome() throws InterruptedException {
        clock.start();
        rtc.write(GoldfishRtc.IRQ_ENABLED, 4, 1);
        set(GoldfishRtc.ALARM_LOW, wall.get() + 3600 * SECOND);
        assertEquals(1, rtc.read(GoldfishRtc.ALARM_STATUS, 4));
        assertEquals(wall.get() + 3600 * SECOND,
            rtc.read(GoldfishRtc.ALARM_LOW, 4) | rtc.read(GoldfishRtc.ALARM_HIGH, 4) << 32);
        assertFalse(level.get());
        // The wall clock goes on by more than guest time, as in a pause: the alarm looks at the wall clock.
        wall.addAndGet(3601 * SECOND);
        hostTime.addAndGet(2 * SECOND);
        assertTrue(raised.get().await(10, TimeUnit.SECONDS));
        assertEquals(0, rtc.read(GoldfishRtc.ALARM_STATUS, 4));
    }

    @Test
    void aClearedAlarmDoesNotGoOff() {
        set(GoldfishRtc.ALARM_LOW, wall.get() + SECOND);
        rtc.write(GoldfishRtc.CLEAR_ALARM, 4, 1);
        assertEquals(0, rtc.read(GoldfishRtc.ALARM_STATUS, 4));
        wall.addAndGet(2 * SECOND);
        set(GoldfishRtc.TIME_LOW, wall.get());
        assertFalse(rtc.state().pending());
    }

    @Test
    void settingTheTimePastTheAlarmSetsItOff() {
        rtc.write(GoldfishRtc.IRQ_ENABLED, 4, 1);
        set(GoldfishRtc.ALARM_LOW, wall.get() + 3600 * SECOND);
        set(GoldfishRtc.TIME_LOW, wall.get() + 3600 * SECOND);
        assertTrue(level.get());
    }

    @Test
    void registersAre32BitsWide() {
        rtc.write(GoldfishRtc.IRQ_ENABLED, 8, 1);
        rtc.write(GoldfishRtc.IRQ_ENABLED, 1, 1);
        assertEquals(0, rtc.read(GoldfishRtc.IRQ_ENABLED, 4));
        assertEquals(0, rtc.read(GoldfishRtc.TIME_LOW, 8));
        assertEquals(0, rtc.read(0x20, 4));
    }

    @Test
    void theAlarmOfAStateThatHasBecomeDueGoesOffWhenTheGuestRuns() throws InterruptedException {
        rtc.write(GoldfishRtc.IRQ_ENABLED, 4, 1);
        set(GoldfishRtc.TIME_LOW, 100 * SECOND);
        set(GoldfishRtc.ALARM_LOW, 160 * SECOND);
        RtcState state = rtc.state();
        wall.addAndGet(61 * SECOND);
        rtc.restore(state);
        assertEquals(state, rtc.state());
        assertEquals(161 * SECOND, time(), "what the guest had set goes on");
        assertFalse(level.get());
        clock.start();
        assertTrue(raised.get().await(10, TimeUnit.SECONDS));
        rtc.reset();
        assertEquals(RtcState.INITIAL, rtc.state());
        assertFalse(level.get());
    }

    /** A wall clock that a test sets. */
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
