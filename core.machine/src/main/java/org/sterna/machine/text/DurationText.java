package org.sterna.machine.text;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;

/**
 * A length of time as messages say it: {@code 0 s}, {@code 300 ms}, {@code 1.5 s}, {@code 42 s},
 * {@code 1 minute 30 s}, {@code 5 minutes}, {@code 3 hours}, {@code 3652 days}.
 */
public final class DurationText {
    private static final long MINUTE = 60;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;
    /** From here on, parts of a second say nothing. */
    private static final Duration WHOLE_SECONDS = Duration.ofSeconds(10);

    private DurationText() {
    }

    /**
     * The text, of at most two units and rounded to the smaller one.
     *
     * @param time not negative
     */
    public static String of(Duration time) {
        if (time.isZero()) {
            return "0 s";
        }
        if (time.compareTo(Duration.ofMillis(1)) < 0) {
            return "less than 1 ms";
        }
        if (time.compareTo(Duration.ofSeconds(1)) < 0) {
            return time.toMillis() + " ms";
        }
        if (time.compareTo(WHOLE_SECONDS) < 0) {
            return BigDecimal.valueOf(time.toMillis(), 3).setScale(1, RoundingMode.HALF_UP).stripTrailingZeros()
                .toPlainString() + " s";
        }
        // A clock that is told over a line is some milliseconds off.
        long seconds = time.plusMillis(500).toSeconds();
        if (seconds < MINUTE) {
            return seconds + " s";
        }
        if (seconds < HOUR) {
            return two(seconds / MINUTE, "minute", seconds % MINUTE == 0 ? "" : " " + seconds % MINUTE + " s");
        }
        if (seconds < DAY) {
            return two(seconds / HOUR, "hour", rest(seconds % HOUR / MINUTE, "minute"));
        }
        return two(seconds / DAY, "day", rest(seconds % DAY / HOUR, "hour"));
    }

    private static String two(long number, String unit, String rest) {
        return number + " " + unit + (number == 1 ? "" : "s") + rest;
    }

    private static String rest(long number, String unit) {
        return number == 0 ? "" : " " + two(number, unit, "");
    }
}
