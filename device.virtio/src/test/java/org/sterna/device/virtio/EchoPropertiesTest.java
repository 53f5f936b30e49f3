package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.Mutant;
import org.sterna.testkit.probe.ProbeReport;
import org.sterna.testkit.probe.PropertyCheck;

/** What a guest sees of the transport agrees with its properties, and the probe drives both layouts of registers. */
class EchoPropertiesTest {
    private static PropertyCheck check(Mutant device) {
        return PropertyCheck.of(AbiProbe.of(device)).values("version-1", "on");
    }

    @Test
    void theTransportShowsWhatItDeclares() {
        check(Mutant.of(new EchoFactory())).verify();
    }

    @Test
    void aFeatureThatNoPropertyDeclaresIsFound() {
        var mutant = Mutant.of(new EchoFactory()).reading(VirtioDriver.DEVICE_FEATURES, 4, word -> word | 1 << 20);
        String message = assertThrows(AssertionError.class, check(mutant)::verify).getMessage();
        assertTrue(message.contains("declared and offered differ: virtio features 0: "), message);
        assertTrue(message.contains("bit 20, a feature of no property, is now 1"), message);
    }

    @Test
    void aLegacyDeviceIsInitialisedAsALegacyDriverDoes() {
        ProbeReport report = AbiProbe.of(new EchoFactory()).with("registers", "legacy").run();
        assertEquals("1", report.facts().get("virtio version"));
        assertEquals("2", report.facts().get("virtio queues"));
        assertEquals("07", report.facts().get("driver-ok status after driver-ok"));
        assertEquals("00080002", report.facts().get("driver-ok read 0x040/4"));
    }
}
