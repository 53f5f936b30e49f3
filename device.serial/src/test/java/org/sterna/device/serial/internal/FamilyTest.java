package org.sterna.device.serial.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.state.StateException;

/** The members of the UART's family, as drivers tell them apart. */
class FamilyTest {
    private static final int FIFO_64 = 0x21;

    private static Guest uart(Map<String, String> properties) {
        return Guest.inTime(new AtomicLong(), properties);
    }

    private static Guest longFifos() {
        Guest guest = uart(Map.of("fifo-depth", "64"));
        guest.write(Guest.LCR, 0x80);
        guest.write(Guest.FCR, FIFO_64);
        guest.write(Guest.LCR, 0x03);
        return guest;
    }

    /** The test of Linux's 8250 driver: what IIR shows of FCR with and without the divisor latch. */
    private static String kind(Guest guest) {
        guest.write(Guest.LCR, 0);
        guest.write(Guest.FCR, FIFO_64);
        int plain = guest.read(Guest.IIR) >> 5;
        guest.write(Guest.FCR, 0);
        guest.write(Guest.LCR, 0x80);
        guest.write(Guest.FCR, FIFO_64);
        int latched = guest.read(Guest.IIR) >> 5;
        guest.write(Guest.FCR, 0);
        guest.write(Guest.LCR, 0);
        return plain == 0 ? "16450" : plain == 6 && latched == 7 ? "16750" : "16550A";
    }

    @ParameterizedTest
    @CsvSource({"on, 16, 16550A, ns16550a", "off, 16, 16450, ns16450", "on, 64, 16750, ns16750 ns16550a"})
    void aDriverFindsWhatThePropertiesAndTheDeviceTreeSay(String fifo, String depth, String kind, String compatible) {
        try (var guest = uart(Map.of("fifo", fifo, "fifo-depth", depth))) {
            assertEquals(kind, kind(guest));
            assertEquals(List.of(compatible.split(" ")), guest.bench.device().node().compatible());
        }
    }

    @Test
    void underTheFirstAbiItIsA16550A() {
        var model = new SerialFactory().model();
        var first = Configuration.ofUser(model, AbiVersion.parse("1.0"), Map.of(), (property, complaint) -> { });
        assertEquals(true, first.get(SerialFactory.FIFO));
        assertEquals("16", first.get(SerialFactory.FIFO_DEPTH));
        assertEquals(Map.of("clock-frequency", 3_686_400L).keySet(), first.part(0).settings().keySet());
    }

    @Test
    void depthMeansNothingWithoutFifos() {
        var refused = assertThrows(IllegalArgumentException.class,
            () -> uart(Map.of("fifo", "off", "fifo-depth", "64")));
        assertTrue(refused.getMessage().contains("fifo=on"), refused.getMessage());
    }

    @Test
    void a16450HoldsOneCharacter() {
        try (var guest = uart(Map.of("fifo", "off"))) {
            guest.write(Guest.FCR, 0xc7);
            guest.write(Guest.MCR, Guest.LOOP);
            guest.loop('a', 'b');
            assertEquals(Receiver.OVERRUN, guest.read(Guest.LSR) & Receiver.OVERRUN);
            assertEquals('b', guest.read(Guest.DATA));
            assertEquals(0, guest.state().fcr());
        }
    }

    @ParameterizedTest
    @CsvSource({"0x01, 1", "0x41, 16", "0x81, 32", "0xc1, 56"})
    void a16750TriggersAtItsOwnLevels(String control, int level) {
        try (var guest = longFifos()) {
            guest.write(Guest.FCR, Integer.decode(control));
            assertEquals(0xe1, guest.read(Guest.IIR), "the depth stays without the divisor latch");
            guest.write(Guest.MCR, Guest.LOOP);
            guest.write(Guest.IER, Uart.IER_RECEIVED);
            for (int i = 1; i < level; i++) {
                guest.loop(i);
                assertEquals(0xe0 | Uart.IIR_NONE, guest.read(Guest.IIR), "after " + i);
            }
            guest.loop(level);
            assertEquals(0xe0 | Uart.IIR_RECEIVED, guest.read(Guest.IIR));
        }
    }

    @Test
    void a16750Holds64CharactersAndTheirStateTravels() throws StateException {
        try (var guest = longFifos(); var other = uart(Map.of("fifo-depth", "64"))) {
            guest.write(Guest.MCR, Guest.LOOP);
            for (int i = 0; i < 65; i++) {
                guest.loop(i);
            }
            guest.bench.pause();
            other.bench.pause();
            other.bench.load(guest.bench.save());
            assertEquals(Receiver.OVERRUN, other.read(Guest.LSR) & Receiver.OVERRUN);
            for (int i = 0; i < 64; i++) {
                assertEquals(i, other.read(Guest.DATA));
            }
            assertEquals(0, other.read(Guest.LSR) & Receiver.DATA_READY);
        }
    }

    @Test
    void a16750sFifosLoseWhatTheyHoldWhenTheirDepthChanges() {
        try (var guest = longFifos()) {
            guest.write(Guest.MCR, Guest.LOOP);
            guest.loop('a');
            guest.write(Guest.LCR, 0x80);
            guest.write(Guest.FCR, 0x01);
            guest.write(Guest.LCR, 0x03);
            assertEquals(0xc1, guest.read(Guest.IIR));
            assertEquals(0, guest.read(Guest.LSR) & Receiver.DATA_READY);
        }
    }

    @Test
    void a16750KeepsItsOwnControlBits() {
        try (var guest = uart(Map.of("fifo-depth", "64"))) {
            guest.write(Guest.IER, 0xff);
            assertEquals(0x3f, guest.read(Guest.IER));
            guest.write(Guest.MCR, 0xff);
            assertEquals(0x3f, guest.read(Guest.MCR));
        }
    }

    @Test
    void aStateOfAnotherMemberIsRefused() {
        try (var guest = longFifos(); var other = uart(Map.of())) {
            guest.bench.pause();
            other.bench.pause();
            byte[] state = guest.bench.save();
            var refused = assertThrows(StateException.class, () -> other.bench.load(state));
            assertTrue(refused.getMessage().startsWith("fcr:"), refused.getMessage());
        }
    }
}
