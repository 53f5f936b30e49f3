package org.sterna.machine.virt.internal.boot;

import org.sterna.machine.board.Board;

/**
 * A device and its interrupt source.
 *
 * @param placed    what it is and where
 * @param interrupt the number of its PLIC source
 */
public record WiredDevice(Board.Placed placed, int interrupt) {
    /** The name of its node in the device tree. */
    String name() {
        return placed.node().name() + "@" + Long.toHexString(placed.slot().base());
    }
}
