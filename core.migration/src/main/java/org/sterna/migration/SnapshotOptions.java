package org.sterna.migration;

import java.time.Duration;

/**
 * How to write a snapshot.
 *
 * @param downtimeLimit how long the guest may stand still; it is stopped when what is left should fit
 * @param bandwidth     the most bytes per second to write while the guest runs, 0 for as many as the disk takes
 * @param stop          whether the guest stays paused, so that its disks stay as the snapshot knows them
 * @param patience      how long {@link Migrations#snapshot} may block until another operation on the machine has ended;
 *                      zero not to wait
 * @param handedOver    whether a guest is written too that a migration has handed over and that may run at the
 *                      destination ({@link org.sterna.machine.Ownership#UNCONFIRMED},
 *                      {@link org.sterna.machine.Ownership#DEPARTED}). It may be restored only if it does not run there.
 *                      A restore is refused if one of its disks has been written meanwhile
 */
public record SnapshotOptions(Duration downtimeLimit, long bandwidth, boolean stop, Duration patience,
        boolean handedOver) {
    /** 300 ms of downtime, all bandwidth; the guest goes on; no waiting; no guest that was handed over. */
    public static final SnapshotOptions DEFAULT = new SnapshotOptions(Duration.ofMillis(300), 0, false);

    /** Checks the ranges. */
    public SnapshotOptions {
        if (downtimeLimit.isNegative() || downtimeLimit.isZero() || bandwidth < 0 || patience.isNegative()) {
            throw new IllegalArgumentException(
                "a downtime limit is positive, a bandwidth and a patience are not negative");
        }
    }

    /** Without waiting for another operation, and not of a guest that was handed over. */
    public SnapshotOptions(Duration downtimeLimit, long bandwidth, boolean stop) {
        this(downtimeLimit, bandwidth, stop, Duration.ZERO, false);
    }

    /**
     * The same, with a time to wait for another operation on the machine.
     *
     * @since 1.5
     */
    public SnapshotOptions withPatience(Duration longest) {
        return new SnapshotOptions(downtimeLimit, bandwidth, stop, longest, handedOver);
    }

    /**
     * The same, also of a guest that was handed over.
     *
     * @since 1.5
     */
    public SnapshotOptions withHandedOver() {
        return new SnapshotOptions(downtimeLimit, bandwidth, stop, patience, true);
    }
}
