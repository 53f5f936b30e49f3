package org.sterna.testkit.probe;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.sterna.machine.time.ClockState;
import org.sterna.machine.time.GuestClock;

/** The two clocks of a host on which time passes only when a guest's step says so. */
final class StandingTime extends Clock {
    /** 2023-11-14T22:13:20Z, a time that nobody takes for the present or for nothing. */
    private static final Instant POWER_ON = Instant.ofEpochSecond(1_700_000_000);

    private final GuestClock clock = new GuestClock(this::nanos, this);
    private volatile long nanos;

    GuestClock clock() {
        return clock;
    }

    private long nanos() {
        return nanos;
    }

    /** Time passes while the guest runs. */
    void pass(long passed) {
        nanos += passed;
    }

    /** Lets the guest's clock, which is stopped, be as if it had never run. */
    void rewind() {
        nanos = 0;
        clock.restore(new ClockState(0, 0, clock.wallTime()));
    }

    /** Lets time pass while the guest, whose clock is stopped, is between two hosts. */
    void blackout(long passed) {
        ClockState stopped = clock.state();
        nanos += passed;
        clock.restore(stopped);
    }

    @Override
    public Instant instant() {
        return POWER_ON.plusNanos(nanos);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("a guest has no time zone");
    }
}
