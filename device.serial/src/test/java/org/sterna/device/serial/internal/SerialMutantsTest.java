package org.sterna.device.serial.internal;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.sterna.machine.device.DeviceNode;
import org.sterna.testkit.probe.Mutant;

/** Each change that a guest could see, planted around the UART, turns the gate red and is named. */
class SerialMutantsTest {
    private final Mutant uart = Mutant.of(new SerialFactory());

    private static void assertCaught(Mutant mutant, String... named) {
        var baseline = SerialAbiTest.BASELINES.named("virt-1.0").madeBy("a mutant", mutant);
        String message = assertThrows(AssertionError.class, baseline::verify).getMessage();
        for (String name : named) {
            assertTrue(message.contains(name), () -> "'" + name + "' is not in:\n" + message);
        }
        assertTrue(message.contains("docs/abi/virt-1.0/serial.txt") && message.contains("since(...) a new ABI version"),
            message);
    }

    @Test
    void withoutAChangeItIsGreen() {
        SerialAbiTest.BASELINES.named("virt-1.0").madeBy("no mutant", uart).verify();
    }

    @Test
    void anotherValueAfterReset() {
        assertCaught(uart.reading(Guest.LSR, 1, value -> value & ~0x40),
            "reset read 0x005/1: was 60, is 20 (bit 6 is now 0)");
    }

    @Test
    void aRegisterWhereThereWasNone() {
        assertCaught(uart.reading(Guest.SCR, 1, value -> value | 0x80),
            "reset read 0x007/1: was 00, is 80 (bit 7 is now 1)");
    }

    @Test
    void aLoadWithASideEffect() {
        assertCaught(uart.afterReading(Guest.LCR, 1, device -> device.write(Guest.SCR, 1, 0x55)),
            "reset reading 0x003/1 makes 0x007/1: is new, 55");
    }

    @Test
    void aSideEffectThatIsGone() {
        assertCaught(uart.afterReading(Guest.MSR, 1, device -> {
            device.write(Guest.MCR, 1, Guest.LOOP | 0x0f);
            device.write(Guest.MCR, 1, Guest.LOOP);
        }), "loopback reading 0x006/1 makes 0x006/1");
    }

    @Test
    void anotherWriteMask() {
        assertCaught(uart.writing(Guest.SCR, 1, value -> value & 0x7f),
            "reset writing-ones 0x007/1 makes 0x007/1: was ff, is 7f (bit 7 is now 0)");
    }

    @Test
    void anInterruptThatStaysAway() {
        assertCaught(uart.writing(Guest.IER, 1, value -> value & ~0x02),
            "reset writing-ones 0x001/1 makes interrupt: was high, is gone");
    }

    @Test
    void anotherPropertyInTheDeviceTree() {
        assertCaught(uart.announced(node -> node.with("reg-shift", 2)), "node property reg-shift: is new, 00000002");
        assertCaught(uart.announced(node -> DeviceNode.of("serial", "ns16550").with("clock-frequency", 3_686_400)),
            "node compatible: was ns16550a, is ns16550");
    }

    @Test
    void anotherDefault() {
        assertCaught(uart.withDefault("clock-frequency", "1843200"),
            "node property clock-frequency: was 00384000, is 001c2000");
    }
}
