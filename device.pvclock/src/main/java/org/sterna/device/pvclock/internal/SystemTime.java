package org.sterna.device.pvclock.internal;

import org.sterna.machine.time.GuestClock;

/**
 * The guest's system time: the time counter in nanoseconds, plus what it was put forward. It is taken at whole ticks of
 * the counter, because that is what a guest extrapolates from; it never goes back.
 */
final class SystemTime {
    private final GuestClock clock;
    private final long frequency;
    private long ahead;

    /**
     * System time that starts with guest time.
     *
     * @param frequency of the time counter in Hz
     */
    SystemTime(GuestClock clock, long frequency) {
        this.clock = clock;
        this.frequency = frequency;
    }

    /** The time counter. */
    long ticks() {
        long now = clock.now();
        return now / TimeScale.NANOS * frequency + now % TimeScale.NANOS * frequency / TimeScale.NANOS;
    }

    /** System time in nanoseconds at a value of the time counter. */
    long at(long ticks) {
        return ticks / frequency * TimeScale.NANOS + ticks % frequency * TimeScale.NANOS / frequency + ahead;
    }

    /** System time in nanoseconds. */
    long now() {
        return at(ticks());
    }

    /** Puts it forward. */
    void advance(long nanos) {
        ahead += nanos;
    }

    /** Sets what it is now. */
    void set(long nanos) {
        ahead += nanos - now();
    }

    /** Lets it be guest time again. */
    void reset() {
        ahead = 0;
    }
}
