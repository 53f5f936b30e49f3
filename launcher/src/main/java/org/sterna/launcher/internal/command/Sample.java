package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Locale;
import org.sterna.launcher.internal.Json;

/** Times of something that was done many times, in nanoseconds. */
final class Sample {
    private final long[] sorted;

    /** A sample of at least one time. */
    Sample(long... nanos) {
        sorted = nanos.clone();
        Arrays.sort(sorted);
    }

    /** The time that so many of a hundred do not exceed, in ms. */
    double percentile(int percent) {
        return milliseconds(sorted[Math.max(0, (sorted.length * percent + 99) / 100 - 1)]);
    }

    double max() {
        return percentile(100);
    }

    ObjectNode json() {
        return Json.object().put("p50", percentile(50)).put("p99", percentile(99)).put("max", max());
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f ms, p99 %.2f ms, at most %.2f ms", percentile(50), percentile(99), max());
    }

    /** Nanoseconds as milliseconds with three places. */
    static double milliseconds(long nanos) {
        return Math.round(nanos / 1e3) / 1e3;
    }
}
