package org.sterna.testkit.probe;

import java.util.List;

/**
 * What a guest sees of a device at one moment.
 *
 * @param interrupt the level of the interrupt line before any register was read
 * @param values    the value of each register, in the order of the probe's accesses
 */
record Snapshot(boolean interrupt, List<Long> values) {
}
