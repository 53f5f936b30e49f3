package org.sterna.device.pvclock.internal;

import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

/**
 * The state of a clock as a later release might have it: what the system-time register says, in two fields with ids of their
 * own, in place of the register. Nobody thought of defaults, so no rule for fields leads to an older release or back.
 *
 * @param clock     system time in nanoseconds when the state was taken
 * @param wallClock the wall-clock register
 * @param timePage  the address of the guest's system time
 * @param enabled   whether the clock writes there
 */
record FuturePvclockState(@Field(1) long clock,
        @Field(id = 3, since = 2) @Default("0") long wallClock,
        @Field(id = 4, since = 3) long timePage,
        @Field(id = 5, since = 3) boolean enabled) {
}
