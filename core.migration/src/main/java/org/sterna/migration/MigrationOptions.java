package org.sterna.migration;

import java.time.Duration;
import java.util.Set;

/**
 * How a migration is made.
 *
 * @param downtimeLimit how long the guest may stand still; the last round starts when what is left should fit
 * @param bandwidth     the most bytes per second to send while the guest runs, 0 for as many as the line takes
 * @param acceptLoss    the fields that the operator gives up, each as {@code /path.field}
 */
public record MigrationOptions(Duration downtimeLimit, long bandwidth, Set<String> acceptLoss) {
    /** 300 ms of downtime, all bandwidth, no loss. */
    public static final MigrationOptions DEFAULT = new MigrationOptions(Duration.ofMillis(300), 0, Set.of());

    /** Copies the set and checks the ranges. */
    public MigrationOptions {
        if (downtimeLimit.isNegative() || downtimeLimit.isZero() || bandwidth < 0) {
            throw new IllegalArgumentException("a downtime limit is positive, a bandwidth not negative");
        }
        acceptLoss = Set.copyOf(acceptLoss);
    }
}
