package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.List;
import org.sterna.machine.Reason;
import org.sterna.machine.text.DurationText;

/**
 * How far the wall clocks of two hosts are apart. A guest that goes from one to the other has its own wall clock jump by that.
 *
 * @param ahead how far the destination's is ahead of the source's; negative if it is behind
 */
record ClockDifference(Duration ahead) {
    private static final String CLOCK = "/clock";
    /** Less than this can be the time that a message takes. */
    private static final Duration TELLING = Duration.ofSeconds(1);

    /** Why a destination refuses it, if it does. */
    List<Reason> objections(Duration limit) {
        return ahead.abs().compareTo(limit) <= 0 ? List.of() : List.of(Reason.of(CLOCK, difference()
            + " would jump by that; the receiver's limit is " + DurationText.of(limit),
            "set the clocks of both hosts right, or start the receiver with a larger --max-clock-jump"));
    }

    /** What should be known of it, if anything. */
    List<Reason> remarks() {
        return ahead.abs().compareTo(TELLING) < 0 ? List.of() : List.of(Reason.of(CLOCK, difference() + " jumps by that", ""));
    }

    private String difference() {
        return "the destination's clock is " + DurationText.of(ahead.abs())
            + (ahead.isNegative() ? " behind" : " ahead of") + " the source's, and the guest's wall clock";
    }
}
