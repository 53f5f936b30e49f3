package org.sterna.machine.time;

import org.sterna.machine.state.Field;

/**
 * What a guest clock carries to another process.
 *
 * @param time      guest time in nanoseconds
 * @param blackout  real time that passed in earlier migrations, in nanoseconds
 * @param stoppedAt the wall clock when the state was taken, in nanoseconds since 1970-01-01T00:00:00Z
 */
public record ClockState(@Field(1) long time, @Field(2) long blackout, @Field(3) long stoppedAt) {
}
