package org.sterna.migration;

import java.time.Duration;
import java.util.Set;

/**
 * How a device is swapped.
 *
 * @param limit      how long the new implementation may take to take over while the guest stands still
 * @param acceptLoss the fields that the operator gives up, each as {@code /path.field}
 */
public record SwapOptions(Duration limit, Set<String> acceptLoss) {
    /** One second, no loss. */
    public static final SwapOptions DEFAULT = new SwapOptions(Duration.ofSeconds(1), Set.of());

    /** Copies the set and checks the range. */
    public SwapOptions {
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("a limit is positive");
        }
        acceptLoss = Set.copyOf(acceptLoss);
    }
}
