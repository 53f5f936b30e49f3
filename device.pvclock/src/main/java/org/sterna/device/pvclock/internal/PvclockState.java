package org.sterna.device.pvclock.internal;

import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

/**
 * The state of a clock. The registers came with version 2; a guest that does not use the clock has their defaults, so
 * its state fits a reader of version 1 too.
 *
 * @param clock      system time in nanoseconds when the state was taken
 * @param systemTime the system-time register
 * @param wallClock  the wall-clock register
 */
record PvclockState(@Field(1) long clock,
        @Field(id = 2, since = 2) @Default("0") long systemTime,
        @Field(id = 3, since = 2) @Default("0") long wallClock) {
}
