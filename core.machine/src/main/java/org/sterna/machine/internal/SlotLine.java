package org.sterna.machine.internal;

import org.sterna.machine.device.InterruptLine;

/**
 * The interrupt line of one implementation of a device. It reaches the board as long as the implementation is in its
 * place; before that its level waits, and later it leads nowhere.
 */
final class SlotLine implements InterruptLine {
    private final InterruptLine board;
    private boolean connected;
    private boolean known;
    private boolean high;

    SlotLine(InterruptLine board) {
        this.board = board;
    }

    @Override
    public synchronized void set(boolean level) {
        known = true;
        high = level;
        if (connected) {
            board.set(level);
        }
    }

    synchronized void connect() {
        connected = true;
        // One that has said nothing agrees with what the board holds.
        if (known) {
            board.set(high);
        }
    }

    synchronized void disconnect() {
        connected = false;
    }

    synchronized boolean connected() {
        return connected;
    }
}
