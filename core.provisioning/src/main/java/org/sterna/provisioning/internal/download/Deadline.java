package org.sterna.provisioning.internal.download;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.sterna.machine.text.DurationText;

/**
 * Until when something has to be done, however much of it has been done by then.
 *
 * @param duration how long there was at first, for messages
 * @param end      the moment, as {@link System#nanoTime} counts
 */
public record Deadline(Duration duration, long end) {
    /** So long from now. */
    public static Deadline in(Duration duration) {
        return new Deadline(duration, System.nanoTime() + duration.toNanos());
    }

    /**
     * The nanoseconds that are left.
     *
     * @throws TimeoutException if none are left
     */
    public long left() throws TimeoutException {
        long left = end - System.nanoTime();
        if (left <= 0) {
            throw new TimeoutException(toString());
        }
        return left;
    }

    /** The duration, for people. */
    @Override
    public String toString() {
        return DurationText.of(duration);
    }
}
