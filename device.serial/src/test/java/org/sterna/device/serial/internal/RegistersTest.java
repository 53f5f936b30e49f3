package org.sterna.device.serial.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a driver sees in the registers; loopback makes it independent of any back end. */
class RegistersTest {
    private final AtomicLong time = new AtomicLong();
    private final Guest guest = Guest.inTime(time);

    @AfterEach
    void close() {
        guest.close();
    }

    @Test
    void resetValues() {
        assertEquals(0, guest.read(Guest.IER));
        assertEquals(0x01, guest.read(Guest.IIR));
        assertEquals(0, guest.read(Guest.LCR));
        assertEquals(0x08, guest.read(Guest.MCR));
        assertEquals(0x60, guest.read(Guest.LSR));
        assertEquals(0xb0, guest.read(Guest.MSR));
        assertEquals(0, guest.read(Guest.SCR));
        assertEquals(0, guest.read(Guest.DATA));
        guest.write(Guest.LCR, 0x80);
        assertEquals(12, guest.read(0));
        assertEquals(0, guest.read(1));
    }

    @Test
    void divisorLatchHidesDataAndInterruptEnable() {
        guest.write(Guest.IER, 0x05);
        guest.write(Guest.LCR, 0x83);
        guest.write(0, 0x34);
        guest.write(1, 0x12);
        assertEquals(0x34, guest.read(0));
        assertEquals(0x12, guest.read(1));
        assertEquals(0x1234, guest.state().divisor());
        guest.write(Guest.LCR, 0x03);
        assertEquals(0x05, guest.read(Guest.IER));
    }

    @Test
    void registersKeepOnlyTheBitsThatExist() {
        guest.write(Guest.IER, 0xff);
        assertEquals(0x0f, guest.read(Guest.IER));
        guest.write(Guest.MCR, 0xff);
        assertEquals(0x1f, guest.read(Guest.MCR));
        guest.write(Guest.MCR, 0);
        guest.read(Guest.MSR);
        guest.write(Guest.LCR, 0x7f);
        assertEquals(0x7f, guest.read(Guest.LCR));
        guest.write(Guest.SCR, 0xa5);
        assertEquals(0xa5, guest.read(Guest.SCR));
        guest.write(Guest.LSR, 0);
        guest.write(Guest.MSR, 0);
        assertEquals(0x60, guest.read(Guest.LSR));
        assertEquals(0xb0, guest.read(Guest.MSR));
    }

    @Test
    void fifoEnableShowsInInterruptIdentification() {
        guest.write(Guest.FCR, 0x01);
        assertEquals(0xc1, guest.read(Guest.IIR));
        guest.write(Guest.FCR, 0xc0);
        assertEquals(0x01, guest.read(Guest.IIR), "without the enable bit the others do not count");
        assertEquals(0, guest.state().fcr());
    }

    @Test
    void interruptsComeInTheOrderOfTheirPriority() {
        guest.write(Guest.MCR, Guest.LOOP);
        guest.read(Guest.MSR);
        guest.write(Guest.MCR, Guest.LOOP | ModemLines.RTS);
        guest.write(Guest.IER, 0x0f);
        guest.loop('a', 'b');
        assertEquals(Uart.IIR_LINE_STATUS, guest.read(Guest.IIR));
        assertEquals(0x63, guest.read(Guest.LSR));
        assertEquals(Uart.IIR_RECEIVED, guest.read(Guest.IIR));
        assertEquals('b', guest.read(Guest.DATA));
        assertEquals(Uart.IIR_THR_EMPTY, guest.read(Guest.IIR), "reading IIR acknowledges it");
        assertTrue(guest.bench.interruptLevel());
        assertEquals(Uart.IIR_MODEM_STATUS, guest.read(Guest.IIR));
        assertEquals(0x11, guest.read(Guest.MSR));
        assertEquals(Uart.IIR_NONE, guest.read(Guest.IIR));
        assertFalse(guest.bench.interruptLevel());
    }

    @Test
    void aSourceThatIsNotEnabledDoesNotInterrupt() {
        guest.write(Guest.MCR, Guest.LOOP | ModemLines.RTS);
        guest.loop('a', 'b');
        assertEquals(Uart.IIR_NONE, guest.read(Guest.IIR));
        assertEquals(0, guest.bench.interruptEdges());
        guest.write(Guest.IER, Uart.IER_RECEIVED);
        assertEquals(Uart.IIR_RECEIVED, guest.read(Guest.IIR));
        guest.write(Guest.IER, Uart.IER_MODEM_STATUS);
        assertEquals(Uart.IIR_MODEM_STATUS, guest.read(Guest.IIR));
    }

    @Test
    void enablingTheTransmitterInterruptRaisesItWhileTheTransmitterIsEmpty() {
        guest.write(Guest.IER, Uart.IER_THR_EMPTY);
        assertTrue(guest.bench.interruptLevel());
        assertEquals(Uart.IIR_THR_EMPTY, guest.read(Guest.IIR));
        assertFalse(guest.bench.interruptLevel());
        guest.write(Guest.IER, Uart.IER_THR_EMPTY);
        assertFalse(guest.bench.interruptLevel(), "it was enabled already");
        guest.write(Guest.IER, 0);
        guest.write(Guest.IER, Uart.IER_THR_EMPTY);
        assertTrue(guest.bench.interruptLevel());
        guest.write(Guest.IER, 0);
        assertFalse(guest.bench.interruptLevel());
    }

    @Test
    void anEmptiedTransmitterInterruptsOnceMore() {
        guest.write(Guest.IER, Uart.IER_THR_EMPTY);
        guest.read(Guest.IIR);
        guest.write(Guest.DATA, 'x');
        guest.bench.await("transmitter empty", guest.bench::interruptLevel);
        assertEquals(Uart.IIR_THR_EMPTY, guest.read(Guest.IIR));
        guest.settle();
        assertEquals(0x60, guest.read(Guest.LSR));
    }

    @ParameterizedTest
    @CsvSource({"0x01, 1", "0x41, 4", "0x81, 8", "0xc1, 14"})
    void triggerLevels(String fcr, int level) {
        guest.write(Guest.FCR, Integer.decode(fcr));
        guest.write(Guest.MCR, Guest.LOOP);
        guest.write(Guest.IER, Uart.IER_RECEIVED);
        for (int count = 1; count <= Fifos.SHORT.capacity(); count++) {
            guest.loop(count);
            assertEquals(count >= level, guest.bench.interruptLevel(), count + " characters");
        }
        assertEquals(0xc0 | Uart.IIR_RECEIVED, guest.read(Guest.IIR));
        for (int left = Fifos.SHORT.capacity() - 1; left >= 0; left--) {
            assertEquals(Fifos.SHORT.capacity() - left, guest.read(Guest.DATA));
            assertEquals(left >= level, guest.bench.interruptLevel(), left + " characters left");
        }
    }

    @ParameterizedTest
    @CsvSource({"0x03, 10", "0x00, 7", "0x1f, 12", "0x04, 8"})
    void characterTimeoutAfterFourCharacterTimes(String lcr, long bits) {
        guest.write(Guest.LCR, Integer.decode(lcr));
        guest.write(Guest.FCR, 0xc1);
        guest.write(Guest.MCR, Guest.LOOP);
        guest.write(Guest.IER, Uart.IER_RECEIVED);
        guest.loop('a', 'b', 'c');
        long timeout = 4 * (bits * 16 * 12 * 1_000_000_000L / 3_686_400);
        assertEquals(timeout, guest.state().timeoutAt());
        assertFalse(guest.bench.interruptLevel());
        time.addAndGet(timeout);
        guest.bench.await("character timeout", guest.bench::interruptLevel);
        assertEquals(0xc0 | Uart.IIR_TIMEOUT, guest.read(Guest.IIR));
        assertEquals('a', guest.read(Guest.DATA));
        assertFalse(guest.bench.interruptLevel(), "reading a character ends it and starts anew");
        assertEquals(time.get() + timeout, guest.state().timeoutAt());
        time.addAndGet(timeout);
        guest.bench.await("character timeout", guest.bench::interruptLevel);
        guest.read(Guest.DATA);
        guest.read(Guest.DATA);
        assertEquals(0, guest.state().timeoutAt(), "nothing is left to time out");
    }

    @Test
    void overrunWithoutFifoReplacesTheCharacter() {
        guest.write(Guest.MCR, Guest.LOOP);
        guest.write(Guest.IER, Uart.IER_LINE_STATUS);
        guest.loop('a', 'b');
        assertTrue(guest.bench.interruptLevel());
        assertEquals(0x63, guest.read(Guest.LSR));
        assertFalse(guest.bench.interruptLevel());
        assertEquals(0x61, guest.read(Guest.LSR), "reading LSR forgets the overrun");
        assertEquals('b', guest.read(Guest.DATA));
        assertEquals(0x60, guest.read(Guest.LSR));
    }

    @Test
    void overrunWithFifoLosesTheNewCharacter() {
        guest.write(Guest.FCR, 0x01);
        guest.write(Guest.MCR, Guest.LOOP);
        for (int i = 0; i <= Fifos.SHORT.capacity(); i++) {
            guest.loop(i);
        }
        assertEquals(0x63, guest.read(Guest.LSR));
        for (int i = 0; i < Fifos.SHORT.capacity(); i++) {
            assertEquals(i, guest.read(Guest.DATA));
        }
        assertEquals(0x60, guest.read(Guest.LSR));
    }

    @Test
    void breakShowsWhenItIsTheOldestCharacter() {
        guest.write(Guest.FCR, 0x01);
        guest.write(Guest.MCR, Guest.LOOP);
        guest.write(Guest.IER, Uart.IER_LINE_STATUS);
        guest.loop('a');
        guest.write(Guest.LCR, 0x43);
        guest.write(Guest.LCR, 0x03);
        assertFalse(guest.bench.interruptLevel());
        assertEquals(0xe1, guest.read(Guest.LSR), "there is an error somewhere in the FIFO");
        assertEquals('a', guest.read(Guest.DATA));
        assertTrue(guest.bench.interruptLevel());
        assertEquals(0xc0 | Uart.IIR_LINE_STATUS, guest.read(Guest.IIR));
        assertEquals(0xf1, guest.read(Guest.LSR));
        assertEquals(0x61, guest.read(Guest.LSR));
        assertEquals(0, guest.read(Guest.DATA));
    }

    @Test
    void loopbackWiresTheModemLines() {
        guest.write(Guest.MCR, Guest.LOOP);
        assertEquals(0x0b, guest.read(Guest.MSR), "CTS, DSR and DCD went off");
        for (var wire : List.of(Map.entry(ModemLines.RTS, 0x11), Map.entry(ModemLines.DTR, 0x22),
            Map.entry(ModemLines.OUT2, 0x88))) {
            guest.write(Guest.MCR, Guest.LOOP | wire.getKey());
            assertEquals(wire.getValue(), guest.read(Guest.MSR));
            assertEquals(wire.getValue() & 0xf0, guest.read(Guest.MSR), "reading MSR forgets the changes");
            guest.write(Guest.MCR, Guest.LOOP);
            guest.read(Guest.MSR);
        }
        guest.write(Guest.MCR, Guest.LOOP | ModemLines.OUT1);
        assertEquals(0x40, guest.read(Guest.MSR), "the ring indicator marks its trailing edge only");
        guest.write(Guest.MCR, Guest.LOOP);
        assertEquals(0x04, guest.read(Guest.MSR));
        guest.write(Guest.MCR, 0);
        assertEquals(0xbb, guest.read(Guest.MSR));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x03, 0x00})
    void clearingTheReceiver(int fcr) {
        guest.write(Guest.FCR, 0x01);
        guest.write(Guest.MCR, Guest.LOOP);
        guest.write(Guest.IER, Uart.IER_RECEIVED);
        guest.loop('a', 'b');
        guest.write(Guest.FCR, fcr);
        assertEquals(0x60, guest.read(Guest.LSR));
        assertFalse(guest.bench.interruptLevel());
        assertEquals(0, guest.state().timeoutAt());
    }

    @Test
    void clockFrequencyIsGuestVisible() {
        try (var fast = new Guest(Map.of("clock-frequency", "1843200"))) {
            assertEquals(List.of(1_843_200), fast.bench.device().node().cells().get("clock-frequency"));
        }
        assertEquals(List.of(3_686_400), guest.bench.device().node().cells().get("clock-frequency"));
        assertEquals(List.of("ns16550a"), guest.bench.device().node().compatible());
        assertEquals(8, guest.bench.device().registerBytes());
    }
}
