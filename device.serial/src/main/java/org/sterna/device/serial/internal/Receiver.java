package org.sterna.device.serial.internal;

import org.sterna.machine.time.GuestClock;

/**
 * The receiving half: receiver buffer register or FIFO, the errors of characters, the trigger level, and the character
 * timeout, which says that characters below the trigger level have waited for four character times.
 */
final class Receiver {
    static final int DATA_READY = 0x01;
    static final int OVERRUN = 0x02;
    static final int BREAK = 0x10;
    /** The errors that belong to one character: parity error, framing error, break. */
    static final int CHARACTER_ERRORS = 0x1c;
    static final int ERRORS = OVERRUN | CHARACTER_ERRORS;
    private static final int FIFO_ERROR = 0x80;

    private final Fifo characters;
    /** The errors of each character in {@link #characters} that has not been the oldest yet. */
    private final Fifo errors;
    private final GuestClock clock;
    private final GuestClock.Timer timer;
    private boolean fifo;
    private int capacity;
    private int trigger;
    private int lineErrors;
    private long characterNanos;
    private long timeoutAt;
    private boolean timeoutPending;

    /**
     * A receiver whose FIFO is off.
     *
     * @param most  the most characters that its FIFO can hold
     * @param timer a timer whose action calls {@link #expire}
     */
    Receiver(int most, GuestClock clock, GuestClock.Timer timer) {
        this.characters = new Fifo(most);
        this.errors = new Fifo(most);
        this.clock = clock;
        this.timer = timer;
        configure(0);
    }

    /** Takes FIFO enable, depth and trigger level from FCR. */
    void configure(int fcr) {
        fifo = (fcr & Fifos.ENABLE) != 0;
        capacity = Fifos.room(fcr);
        trigger = Fifos.trigger(fcr);
    }

    /** Sets how long a character takes on the line. */
    void characterNanos(long nanos) {
        characterNanos = nanos;
    }

    /** Forgets all characters and errors. */
    void clear() {
        characters.clear();
        errors.clear();
        lineErrors = 0;
        disarm();
    }

    /** How many more characters fit. */
    int room() {
        return capacity - characters.size();
    }

    /** A character comes in. Without room it is lost in a FIFO, and without FIFO it replaces the one before. */
    void add(int character, int itsErrors) {
        if (room() == 0) {
            lineErrors |= OVERRUN;
            if (fifo) {
                return;
            }
            characters.clear();
            errors.clear();
        }
        characters.add(character);
        errors.add(itsErrors);
        showOldest();
        rearm();
    }

    /** Reads RBR: the oldest character, or 0 if there is none. */
    int read() {
        if (characters.size() == 0) {
            return 0;
        }
        int character = characters.remove();
        errors.remove();
        showOldest();
        timeoutPending = false;
        rearm();
        return character;
    }

    /** The errors of a character show in LSR once it is the oldest, and stay there until LSR is read. */
    private void showOldest() {
        if (errors.size() > 0) {
            lineErrors |= errors.replaceOldest(0);
        }
    }

    private void rearm() {
        if (fifo && characters.size() > 0) {
            timeoutAt = clock.now() + 4 * characterNanos;
            timer.arm(timeoutAt);
        } else {
            disarm();
        }
    }

    private void disarm() {
        timeoutAt = 0;
        timeoutPending = false;
        timer.cancel();
    }

    /** The timer's action. It may have been on its way while the deadline was moved. */
    void expire() {
        if (timeoutAt > 0 && clock.now() >= timeoutAt) {
            timeoutAt = 0;
            timeoutPending = true;
        }
    }

    boolean timedOut() {
        return timeoutPending;
    }

    /** Whether the trigger level has been reached. */
    boolean triggered() {
        return characters.size() >= trigger;
    }

    boolean hasLineErrors() {
        return lineErrors != 0;
    }

    /** Reads this half's bits of LSR, which forgets the errors. */
    int readStatus() {
        int status = lineErrors | (characters.size() > 0 ? DATA_READY : 0);
        if (fifo && ((lineErrors & CHARACTER_ERRORS) != 0 || anyError())) {
            status |= FIFO_ERROR;
        }
        lineErrors = 0;
        return status;
    }

    private boolean anyError() {
        for (byte entry : errors.toArray()) {
            if (entry != 0) {
                return true;
            }
        }
        return false;
    }

    int lineErrors() {
        return lineErrors;
    }

    byte[] characters() {
        return characters.toArray();
    }

    byte[] errors() {
        return errors.toArray();
    }

    long timeoutAt() {
        return timeoutAt;
    }

    /** Takes over this half of a state. */
    void restore(SerialState state) {
        configure(state.fcr());
        characters.set(state.received());
        errors.set(state.receivedErrors());
        lineErrors = state.lineErrors();
        timeoutPending = state.timeoutPending();
        timeoutAt = state.timeoutAt();
        if (timeoutAt > 0) {
            timer.arm(timeoutAt);
        } else {
            timer.cancel();
        }
    }
}
