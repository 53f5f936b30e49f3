package org.sterna.device.pvclock.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.state.StateException;

/** Registers that a property takes away. */
class PropertiesTest {
    @ParameterizedTest
    @CsvSource({"system-time, 0x10", "wall-clock, 0x18"})
    void anAddressRegisterThatIsNotThereHoldsNothing(String property, String register) {
        int offset = Integer.decode(register);
        try (var guest = new Guest(Map.of(property, "off"))) {
            guest.bench.start();
            guest.bench.write(offset, 8, Guest.PAGE | 1);
            guest.bench.write(offset, 4, Guest.PAGE | 1);
            guest.bench.write(offset + 4, 4, 0);
            assertEquals(0, guest.bench.read(offset, 8));
            assertEquals(0, guest.bench.read(offset, 4));
            assertEquals(0, guest.bench.memory().getInt(Guest.PAGE), "nothing has been written there");
            assertEquals(3, guest.bench.read(PvclockDevice.FEATURES, 4));
        }
    }

    @Test
    void theFeatureRegisterCanBeAbsent() {
        try (var guest = Guest.started(Map.of("feature-register", "off"))) {
            assertEquals(0, guest.bench.read(PvclockDevice.FEATURES, 4));
            assertEquals(TimePage.TSC_STABLE, guest.flags(), "the flags are what they are");
        }
    }

    @Test
    void underTheFirstAbiAllRegistersAreThereAndTheDocumentSaysNothingOfThem() {
        var first = Configuration.ofUser(new PvclockFactory().model(), AbiVersion.parse("1.0"), Map.of(),
            (property, complaint) -> { });
        assertEquals(true, first.get(PvclockFactory.WALL_CLOCK));
        assertEquals(Map.of("account-blackout", 0, "guest-stopped", 0, "tsc-stable", 0).keySet(),
            first.part(0).settings().keySet());
    }

    @Test
    void aStateWithARegisterThatTheClockLacksIsRefused() {
        try (var source = Guest.started(Map.of()); var target = new Guest(Map.of("system-time", "off"))) {
            source.bench.pause();
            byte[] state = source.bench.save();
            var refused = assertThrows(StateException.class, () -> target.bench.load(state));
            assertTrue(refused.getMessage().startsWith("systemTime:"), refused.getMessage());
        }
    }
}
