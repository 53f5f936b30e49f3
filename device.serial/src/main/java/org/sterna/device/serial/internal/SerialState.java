package org.sterna.device.serial.internal;

import org.sterna.machine.state.Field;

/**
 * The state of a UART. IIR and LSR are not in it, because they follow from what is. Neither are characters that have
 * left the UART, nor input that it has not accepted yet: those belong to the host.
 *
 * @param divisor          the divisor latch, 0 to 65535
 * @param ier              interrupt enable register, 0 to 15, of a 16750 to 63
 * @param fcr              FIFO control register: FIFO enable (bit 0), DMA mode (bit 3), FIFO depth of a
 *                         16750 (bit 5), trigger level (bits 6 and 7)
 * @param lcr              line control register, 0 to 255
 * @param mcr              modem control register, 0 to 31, of a 16750 to 63
 * @param modemDeltas      the low half of the modem status register; the high half follows from {@code mcr}
 * @param scr              scratch register, 0 to 255
 * @param lineErrors       the error bits of the line status register (bits 1 to 4)
 * @param thrPending       whether the interrupt "transmitter empty" is pending
 * @param received         received characters, oldest first: at most what the FIFO under {@code fcr} has room
 *                         for (64 or 16), without FIFO at most 1
 * @param receivedErrors   for each received character the error bits that will show once it is the oldest
 * @param transmit         characters to transmit, oldest first, at most as many
 * @param timeoutPending   whether the interrupt "character timeout" is pending
 * @param timeoutAt        the guest time in nanoseconds of the next character timeout, or 0
 */
record SerialState(@Field(1) int divisor, @Field(2) int ier, @Field(3) int fcr, @Field(4) int lcr, @Field(5) int mcr,
        @Field(6) int modemDeltas, @Field(7) int scr, @Field(8) int lineErrors, @Field(9) boolean thrPending,
        @Field(10) byte[] received, @Field(11) byte[] receivedErrors, @Field(12) byte[] transmit,
        @Field(13) boolean timeoutPending, @Field(14) long timeoutAt) {
    SerialState {
        bits("divisor", divisor, 0xffff);
        bits("ier", ier, Fifos.LONG.interruptEnables());
        bits("fcr", fcr, Fifos.LONG.kept());
        bits("lcr", lcr, 0xff);
        bits("mcr", mcr, Fifos.LONG.modemControls());
        bits("modemDeltas", modemDeltas, ModemLines.DELTAS);
        bits("scr", scr, 0xff);
        bits("lineErrors", lineErrors, Receiver.ERRORS);
        int capacity = Fifos.room(fcr);
        atMost("received", received, capacity);
        atMost("transmit", transmit, capacity);
        if (receivedErrors.length != received.length) {
            throw new IllegalArgumentException("receivedErrors: has " + receivedErrors.length + " entries for "
                + received.length + " received characters");
        }
        for (int i = 0; i < receivedErrors.length; i++) {
            // Those of the oldest character have moved to lineErrors.
            bits("receivedErrors", receivedErrors[i], i == 0 ? 0 : Receiver.CHARACTER_ERRORS);
        }
        boolean canTimeOut = capacity > 1 && received.length > 0;
        if (timeoutPending && !canTimeOut) {
            throw new IllegalArgumentException("timeoutPending: there is no character in a receive FIFO");
        }
        if (timeoutAt < 0 || timeoutAt > 0 && !canTimeOut) {
            throw new IllegalArgumentException("timeoutAt: there is no character in a receive FIFO, or it is negative");
        }
    }

    /**
     * Refuses bits that a field cannot have.
     *
     * @throws IllegalArgumentException with a message that begins with the field
     */
    static void bits(String field, int value, int allowed) {
        if ((value & ~allowed) != 0) {
            throw new IllegalArgumentException(
                field + ": 0x" + Integer.toHexString(value) + " has bits beyond 0x" + Integer.toHexString(allowed));
        }
    }

    private static void atMost(String field, byte[] characters, int capacity) {
        if (characters.length > capacity) {
            throw new IllegalArgumentException(
                field + ": has " + characters.length + " characters, there is room for " + capacity);
        }
    }
}
