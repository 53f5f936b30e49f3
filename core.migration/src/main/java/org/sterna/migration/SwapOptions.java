package org.sterna.migration;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a device is swapped.
 *
 * @param limit      how long the new implementation may take to take over while the guest stands still
 * @param acceptLoss the fields that the operator gives up, each as {@code /path.field}
 * @param host       all host properties that the new implementation gets, as {@link org.sterna.machine.Machine#hostSettings()}
 *                   gives them; without them it gets those of the old one
 */
public record SwapOptions(Duration limit, Set<String> acceptLoss, Optional<Map<String, Object>> host) {
    /** One second, no loss, the same host properties. */
    public static final SwapOptions DEFAULT = new SwapOptions(Duration.ofSeconds(1), Set.of());

    /** Copies the set and checks the range. */
    public SwapOptions {
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("a limit is positive");
        }
        acceptLoss = Set.copyOf(acceptLoss);
        host = host.map(TreeMap::new);
    }

    /** With the same host properties. */
    public SwapOptions(Duration limit, Set<String> acceptLoss) {
        this(limit, acceptLoss, Optional.empty());
    }

    /** The same with other host properties. */
    public SwapOptions withHost(Map<String, Object> properties) {
        return new SwapOptions(limit, acceptLoss, Optional.of(properties));
    }
}
