package org.sterna.device.pvclock.internal;

import org.sterna.machine.state.Field;

/**
 * The state of a clock.
 *
 * @param clock system time in nanoseconds when the state was taken
 */
record PvclockState(@Field(1) long clock) {
}
