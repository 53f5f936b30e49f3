package org.sterna.device.serial.internal;

/**
 * Modem control and modem status register. The other end is always there and ready (CTS, DSR and DCD are on); in
 * loopback the four outputs are wired to the four inputs, as the data sheet says: RTS to CTS, DTR to DSR, OUT1 to RI,
 * OUT2 to DCD.
 */
final class ModemLines {
    static final int DTR = 0x01;
    static final int RTS = 0x02;
    static final int OUT1 = 0x04;
    static final int OUT2 = 0x08;
    static final int LOOP = 0x10;

    static final int TERI = 0x04;
    static final int DELTAS = 0x0f;
    static final int CTS = 0x10;
    static final int DSR = 0x20;
    static final int RI = 0x40;
    static final int DCD = 0x80;

    private final int writable;
    private int control;
    private int deltas;

    /**
     * The registers after reset.
     *
     * @param writable the bits of MCR that hold
     */
    ModemLines(int writable) {
        this.writable = writable;
        reset();
    }

    void reset() {
        set(OUT2, 0);
    }

    /** Takes over the two registers of a state. */
    void set(int newControl, int newDeltas) {
        control = newControl;
        deltas = newDeltas;
    }

    int control() {
        return control;
    }

    int deltas() {
        return deltas;
    }

    boolean loopback() {
        return (control & LOOP) != 0;
    }

    /** Writes MCR; inputs that change leave their mark in MSR. */
    void control(int value) {
        int before = inputs();
        control = value & writable;
        int after = inputs();
        int changed = (before ^ after) >> 4;
        // The ring indicator's mark is of its trailing edge only.
        deltas |= (after & RI) != 0 ? changed & ~TERI : changed;
    }

    /** Reads MSR, which forgets the changes. */
    int readStatus() {
        int status = inputs() | deltas;
        deltas = 0;
        return status;
    }

    private int inputs() {
        if (!loopback()) {
            return CTS | DSR | DCD;
        }
        return ((control & RTS) != 0 ? CTS : 0) | ((control & DTR) != 0 ? DSR : 0)
            | ((control & OUT1) != 0 ? RI : 0) | ((control & OUT2) != 0 ? DCD : 0);
    }
}
