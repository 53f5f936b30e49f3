package org.sterna.machine.virt.internal.rtc;

import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

/**
 * The state of the real-time clock. The time itself is not in it: it is the wall clock of whichever host the machine is
 * on, and what the guest has set it forward.
 *
 * @param offset  what the guest has added to the wall clock, in nanoseconds
 * @param high    the upper half of the time that a read of the lower half has left for the next read
 * @param alarm   the time of the alarm in nanoseconds since 1970-01-01T00:00:00Z, unsigned
 * @param armed   whether the alarm is still to come
 * @param pending whether an interrupt is pending
 * @param enabled whether a pending interrupt is shown to the interrupt controller
 */
public record RtcState(@Field(1) @Default("0") long offset, @Field(2) @Default("0") int high,
        @Field(3) @Default("0") long alarm, @Field(4) @Default("false") boolean armed,
        @Field(5) @Default("false") boolean pending, @Field(6) @Default("false") boolean enabled) {
    /** The state after power-on, and that of a board without a real-time clock. */
    public static final RtcState INITIAL = new RtcState(0, 0, 0, false, false, false);
}
