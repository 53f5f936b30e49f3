package org.sterna.machine.internal;

import java.time.Duration;

/**
 * How long the calls of devices, and of the board, may take before they are given up.
 *
 * @param look    for what only tells something that the device knows
 * @param step    for a step that must not block: create, claims, obstacles, reset, start, state, restore, change
 * @param quiesce for bringing what the device holds into its state, guest memory or back end
 * @param host    for taking host resources and giving them back, for all devices of a machine together
 * @param stop    for processors and timers to stand still
 * @param boot    for the board to read what the guest boots from
 * @param stall   for I/O of a device, before the guest is stopped for it
 */
record CallLimits(Duration look, Duration step, Duration quiesce, Duration host, Duration stop, Duration boot,
        Duration stall) {
    /** Those of every machine; tests have shorter ones. */
    static final CallLimits DEFAULT = new CallLimits(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(10),
        Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(30));
}
