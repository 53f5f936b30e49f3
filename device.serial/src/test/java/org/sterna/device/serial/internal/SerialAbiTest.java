package org.sterna.device.serial.internal;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.sterna.testkit.probe.AbiBaseline;
import org.sterna.testkit.probe.AbiBaselines;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.ProbeGuest;

/** What a guest sees of the UART is what was frozen for each machine type. */
class SerialAbiTest {
    private static final int FIFO_ENABLE = 0x01;
    private static final int ALL_INTERRUPTS = 0x0f;

    @RegisterExtension
    static final AbiBaselines BASELINES = AbiBaselines.of(new SerialFactory(), Path.of("../docs/abi"))
        .machineTypes(Path.of("../machine.virt/src/main/resources/STERNA-INF/machine-types"))
        .releases(Path.of("../cnf/release"), "org.sterna.device.serial-*.jar")
        .variant("16450", Map.of("fifo", "off"))
        .variant("16750", Map.of("fifo-depth", "64"))
        .probe(SerialAbiTest::situations);

    /** A probe that has seen characters come and go. */
    static AbiProbe situations(AbiProbe probe) {
        return probe.after("loopback", SerialAbiTest::loopback);
    }

    /** More characters than the FIFO of a 16550A holds come back, with every interrupt enabled. */
    private static void loopback(ProbeGuest guest) {
        guest.write(Guest.FCR, 1, FIFO_ENABLE);
        guest.write(Guest.MCR, 1, Guest.LOOP);
        guest.write(Guest.IER, 1, ALL_INTERRUPTS);
        for (int i = 0; i < 32; i++) {
            guest.write(Guest.DATA, 1, 'A' + i);
        }
    }

    @TestTemplate
    void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
        baseline.verify();
    }
}
