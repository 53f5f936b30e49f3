package org.sterna.machine.virt.internal.sbi;

import java.util.List;
import org.sterna.machine.state.Field;

/**
 * The state of the built-in firmware. Which timers are armed follows from it and from guest time.
 *
 * @param timers  when each hart's timer is due, in ticks, unsigned
 * @param started whether each hart has been started
 */
public record SbiState(@Field(1) List<Long> timers, @Field(2) List<Boolean> started) {
    /** The state of a machine without built-in firmware. */
    public static final SbiState ABSENT = new SbiState(List.of(), List.of());

    /** Checks that both speak of the same harts. */
    public SbiState {
        timers = List.copyOf(timers);
        started = List.copyOf(started);
        if (timers.size() != started.size()) {
            throw new IllegalArgumentException(
                "timers is of " + timers.size() + " harts, started of " + started.size());
        }
    }
}
