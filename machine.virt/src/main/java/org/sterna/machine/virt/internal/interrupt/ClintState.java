package org.sterna.machine.virt.internal.interrupt;

import java.util.List;
import org.sterna.machine.state.Field;

/**
 * The state of the core-local interruptor. The armed timers follow from it and from guest time.
 *
 * @param software whether {@code msip} is set, per hart
 * @param compare  {@code mtimecmp} in ticks, unsigned, per hart
 */
public record ClintState(@Field(1) List<Boolean> software, @Field(2) List<Long> compare) {
    /** Checks that both speak of the same harts. */
    public ClintState {
        software = List.copyOf(software);
        compare = List.copyOf(compare);
        if (software.size() != compare.size()) {
            throw new IllegalArgumentException(
                "software is of " + software.size() + " harts, compare of " + compare.size());
        }
    }
}
