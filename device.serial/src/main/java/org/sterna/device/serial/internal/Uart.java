package org.sterna.device.serial.internal;

import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.time.GuestClock;

/**
 * The registers of a UART of the 16450, 16550A or 16750 kind and what follows from them (National Semiconductor PC16550D data sheet, section 8), with
 * the values after reset that QEMU's model has. Every character has eight bits on its way out and in, whatever LCR
 * says; LCR and divisor only set how long a character takes, which the character timeout counts in.
 *
 * <p>A driver's mistakes: a character written to a full transmit FIFO is lost, one written to a full holding register
 * takes the place of the one there.
 */
final class Uart {
    static final int IER_RECEIVED = 0x01;
    static final int IER_THR_EMPTY = 0x02;
    static final int IER_LINE_STATUS = 0x04;
    static final int IER_MODEM_STATUS = 0x08;

    static final int IIR_MODEM_STATUS = 0x00;
    static final int IIR_NONE = 0x01;
    static final int IIR_THR_EMPTY = 0x02;
    static final int IIR_RECEIVED = 0x04;
    static final int IIR_LINE_STATUS = 0x06;
    static final int IIR_TIMEOUT = 0x0c;

    private static final int FCR_CLEAR_RECEIVER = 0x02;
    private static final int FCR_CLEAR_TRANSMITTER = 0x04;

    private static final int LCR_TWO_STOP_BITS = 0x04;
    private static final int LCR_PARITY = 0x08;
    private static final int LCR_BREAK = 0x40;
    private static final int LCR_DIVISOR_LATCH = 0x80;

    static final int LSR_THR_EMPTY = 0x20;
    static final int LSR_TRANSMITTER_EMPTY = 0x40;

    /** What a UART is connected to. */
    interface Line {
        /** There are characters to {@linkplain Uart#takeTransmitted take}. */
        void transmit();

        /** Whether all that was taken has been sent. */
        boolean sent();

        /** The receiver has room again. */
        void receive();
    }

    private final Fifos fifos;
    private final ModemLines modem;
    private final Fifo transmitter;
    private final Receiver receiver;
    private final InterruptLine interrupt;
    private final Line line;
    private final long clockFrequency;
    private int divisor;
    private int ier;
    private int fcr;
    private int lcr;
    private int scr;
    private boolean thrPending;

    Uart(Fifos fifos, long clockFrequency, InterruptLine interrupt, GuestClock clock, GuestClock.Timer timeout, Line line) {
        this.fifos = fifos;
        this.modem = new ModemLines(fifos.modemControls());
        this.transmitter = new Fifo(fifos.capacity());
        this.clockFrequency = clockFrequency;
        this.interrupt = interrupt;
        this.line = line;
        this.receiver = new Receiver(fifos.capacity(), clock, timeout);
    }

    void reset() {
        divisor = 12;
        ier = 0;
        fcr = 0;
        lcr = 0;
        scr = 0;
        thrPending = false;
        modem.reset();
        transmitter.clear();
        receiver.configure(fcr);
        receiver.clear();
        setCharacterTime();
        update();
    }

    int read(int register) {
        boolean latch = (lcr & LCR_DIVISOR_LATCH) != 0;
        int value = switch (register) {
            case 0 -> latch ? divisor & 0xff : readReceived();
            case 1 -> latch ? divisor >> 8 : ier;
            case 2 -> readInterrupt();
            case 3 -> lcr;
            case 4 -> modem.control();
            case 5 -> readLineStatus();
            case 6 -> modem.readStatus();
            case 7 -> scr;
            default -> 0;
        };
        update();
        return value;
    }

    void write(int register, int value) {
        boolean latch = (lcr & LCR_DIVISOR_LATCH) != 0;
        switch (register) {
            case 0 -> {
                if (latch) {
                    divisor = divisor & 0xff00 | value;
                    setCharacterTime();
                } else {
                    transmit(value);
                }
            }
            case 1 -> {
                if (latch) {
                    divisor = divisor & 0xff | value << 8;
                    setCharacterTime();
                } else {
                    enable(value & fifos.interruptEnables());
                }
            }
            case 2 -> controlFifo(value, latch);
            case 3 -> controlLine(value);
            case 4 -> controlModem(value);
            case 7 -> scr = value;
            default -> { }
        }
        update();
    }

    private int readReceived() {
        int character = receiver.read();
        line.receive();
        return character;
    }

    private int readInterrupt() {
        int source = interruptSource();
        if (source == IIR_THR_EMPTY) {
            thrPending = false;
        }
        return source | Fifos.identification(fcr);
    }

    private int readLineStatus() {
        int status = receiver.readStatus();
        if (transmitter.size() == 0) {
            status |= LSR_THR_EMPTY | (line.sent() ? LSR_TRANSMITTER_EMPTY : 0);
        }
        return status;
    }

    private void transmit(int character) {
        thrPending = false;
        if (modem.loopback()) {
            receiver.add(character, 0);
            thrPending = true;
            return;
        }
        if ((fcr & Fifos.ENABLE) == 0) {
            transmitter.clear();
        }
        if (transmitter.size() < Fifos.room(fcr)) {
            transmitter.add(character);
        }
        line.transmit();
    }

    /** Enabling the interrupt of an empty transmitter raises it, even if it has been acknowledged before. */
    private void enable(int value) {
        if (((ier ^ value) & IER_THR_EMPTY) != 0) {
            thrPending = (value & IER_THR_EMPTY) != 0 && transmitter.size() == 0;
        }
        ier = value;
    }

    /** FIFOs that go on or off, or change their depth, lose what they hold. */
    private void controlFifo(int value, boolean latch) {
        if (fifos == Fifos.NONE) {
            return;
        }
        int old = fcr;
        fcr = fifos.control(old, value, latch);
        boolean toggled = Fifos.room(fcr) != Fifos.room(old);
        receiver.configure(fcr);
        if (toggled || (value & FCR_CLEAR_RECEIVER) != 0) {
            receiver.clear();
            line.receive();
        }
        if (toggled || (value & FCR_CLEAR_TRANSMITTER) != 0) {
            thrPending |= transmitter.size() > 0;
            transmitter.clear();
        }
    }

    /** A break goes to the other end of the line, which no back end can tell; in loopback it comes back. */
    private void controlLine(int value) {
        if (modem.loopback() && (value & ~lcr & LCR_BREAK) != 0) {
            receiver.add(0, Receiver.BREAK);
        }
        lcr = value;
        setCharacterTime();
    }

    private void controlModem(int value) {
        modem.control(value);
        if (!modem.loopback()) {
            line.receive();
        }
    }

    /** Start bit, 5 to 8 data bits, parity, stop bits, each 16 times the divisor in cycles of the input clock. */
    private void setCharacterTime() {
        int bits = 1 + 5 + (lcr & 3) + ((lcr & LCR_PARITY) != 0 ? 1 : 0) + ((lcr & LCR_TWO_STOP_BITS) != 0 ? 2 : 1);
        receiver.characterNanos(bits * 16L * Math.max(divisor, 1) * 1_000_000_000L / clockFrequency);
    }

    /** The pending source of the highest priority. */
    private int interruptSource() {
        if ((ier & IER_LINE_STATUS) != 0 && receiver.hasLineErrors()) {
            return IIR_LINE_STATUS;
        }
        if ((ier & IER_RECEIVED) != 0 && receiver.triggered()) {
            return IIR_RECEIVED;
        }
        if ((ier & IER_RECEIVED) != 0 && receiver.timedOut()) {
            return IIR_TIMEOUT;
        }
        if ((ier & IER_THR_EMPTY) != 0 && thrPending) {
            return IIR_THR_EMPTY;
        }
        return (ier & IER_MODEM_STATUS) != 0 && modem.deltas() != 0 ? IIR_MODEM_STATUS : IIR_NONE;
    }

    private void update() {
        interrupt.set(interruptSource() != IIR_NONE);
    }

    /** How many characters the line may bring; none while the receiver is wired to the transmitter. */
    int room() {
        return modem.loopback() ? 0 : receiver.room();
    }

    /** The line brings characters, at most {@link #room}. */
    void receive(byte[] characters, int count) {
        for (int i = 0; i < count; i++) {
            receiver.add(characters[i] & 0xff, 0);
        }
        update();
    }

    /** The character timeout's timer has run out. */
    void timeout() {
        receiver.expire();
        update();
    }

    int transmitSize() {
        return transmitter.size();
    }

    /**
     * Takes characters off to the line, as many as there are and fit.
     *
     * @return how many
     */
    int takeTransmitted(byte[] into, int from) {
        int count = Math.min(transmitter.size(), into.length - from);
        for (int i = 0; i < count; i++) {
            into[from + i] = (byte) transmitter.remove();
        }
        if (count > 0 && transmitter.size() == 0) {
            thrPending = true;
            update();
        }
        return count;
    }

    SerialState state() {
        return new SerialState(divisor, ier, fcr, lcr, modem.control(), modem.deltas(), scr, receiver.lineErrors(),
            thrPending, receiver.characters(), receiver.errors(), transmitter.toArray(), receiver.timedOut(),
            receiver.timeoutAt());
    }

    void restore(SerialState state) {
        SerialState.bits("fcr", state.fcr(), fifos.kept());
        SerialState.bits("ier", state.ier(), fifos.interruptEnables());
        SerialState.bits("mcr", state.mcr(), fifos.modemControls());
        divisor = state.divisor();
        ier = state.ier();
        fcr = state.fcr();
        lcr = state.lcr();
        scr = state.scr();
        thrPending = state.thrPending();
        modem.set(state.mcr(), state.modemDeltas());
        transmitter.set(state.transmit());
        receiver.restore(state);
        setCharacterTime();
        update();
    }
}
