package org.sterna.device.serial.internal;

import java.nio.file.Path;
import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to, against every release. */
class SerialConformanceTest extends DeviceConformance {
    private static final int DIVISOR_LATCH = 0x80;

    @Override
    protected Conformance conformance() {
        return Conformance.of(new SerialFactory(), SerialConformanceTest::script)
            .releases(Path.of("../cnf/release"), "org.sterna.device.serial-*.jar");
    }

    private static void script(ScriptedGuest guest) {
        guest.write(Guest.LCR, 1, DIVISOR_LATCH | 3);
        guest.write(Guest.DATA, 1, 1);
        guest.note("divisor", guest.read(Guest.DATA, 1));
        guest.write(Guest.LCR, 1, 3);
        guest.write(Guest.FCR, 1, 0xc7);
        guest.write(Guest.MCR, 1, Guest.LOOP | 0xb);
        guest.note("modem lines", guest.read(Guest.MSR, 1));
        guest.write(Guest.IER, 1, 1);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 14; i++) {
                guest.write(Guest.DATA, 1, guest.random().nextInt(256));
            }
            // In loopback a character takes its time on the line.
            guest.bench().await("the trigger level", () -> guest.bench().interruptLevel());
            for (int i = 0; i < 14; i++) {
                guest.bench().await("a character", () -> (guest.read(Guest.LSR, 1) & 1) != 0);
                guest.note("received", guest.read(Guest.DATA, 1));
            }
            guest.note("interrupt", guest.bench().interruptLevel());
        }
        guest.write(Guest.SCR, 1, 0x77);
        guest.note("scratch", guest.read(Guest.SCR, 1));
        guest.note("line", guest.read(Guest.LCR, 1));
    }
}
