package org.sterna.migration;

import java.time.Duration;

/**
 * How a snapshot is made.
 *
 * @param downtimeLimit how long the guest may stand still; it is stopped when what is left should fit
 * @param bandwidth     the most bytes per second to write while the guest runs, 0 for as many as the disk takes
 * @param stop          whether the guest stays paused, so that its disks stay as the snapshot knows them
 */
public record SnapshotOptions(Duration downtimeLimit, long bandwidth, boolean stop) {
    /** 300 ms of downtime, all bandwidth; the guest goes on. */
    public static final SnapshotOptions DEFAULT = new SnapshotOptions(Duration.ofMillis(300), 0, false);

    /** Checks the ranges. */
    public SnapshotOptions {
        if (downtimeLimit.isNegative() || downtimeLimit.isZero() || bandwidth < 0) {
            throw new IllegalArgumentException("a downtime limit is positive, a bandwidth not negative");
        }
    }
}
