package org.sterna.migration.internal.engine;

import java.time.Duration;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Outlet;

/** Keeps a transfer under a bandwidth. */
final class Pacer {
    private final Outlet outlet;
    private final long bytesPerSecond;
    private long due = System.nanoTime();

    /** A pacer; 0 bytes per second stand for no limit. */
    Pacer(Outlet outlet, long bytesPerSecond) {
        this.outlet = outlet;
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Waits until what has been sent is within the limit. */
    void sent(long bytes) throws Failure {
        if (bytesPerSecond == 0) {
            return;
        }
        long now = System.nanoTime();
        due = Math.max(due, now) + (long) (bytes * 1e9 / bytesPerSecond);
        if (due > now) {
            outlet.pause(Duration.ofNanos(due - now));
        }
    }
}
