package org.sterna.machine.virt.internal.interrupt;

import org.sterna.machine.time.GuestClock;

/**
 * The guest's time counter ({@code time}, {@code mtime}): guest time in ticks, rounded down.
 *
 * @param clock    guest time
 * @param timebase ticks per second
 */
public record TimeCounter(GuestClock clock, long timebase) {
    /** A comparator value that is never reached, and the one after a reset. */
    public static final long NEVER = -1;
    private static final long SECOND = 1_000_000_000L;

    /** The counter now. */
    public long ticks() {
        long now = clock.now();
        return now / SECOND * timebase + now % SECOND * timebase / SECOND;
    }

    /** The first guest time in nanoseconds at which the counter has a value; the greatest long if too far off. */
    long timeOf(long ticks) {
        if (ticks < 0 || ticks / timebase >= Long.MAX_VALUE / SECOND) {
            return Long.MAX_VALUE;
        }
        return ticks / timebase * SECOND + (ticks % timebase * SECOND + timebase - 1) / timebase;
    }
}
