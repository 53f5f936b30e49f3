package org.sterna.device.pvclock.internal;

import org.junit.jupiter.api.Test;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.PropertyCheck;

/** What a guest sees agrees with what the properties declare, in settings that hold every two values of them together. */
class PvclockPropertiesTest {
    @Test
    void theClockShowsWhatItDeclares() {
        PropertyCheck.of(PvclockAbiTest.situations(AbiProbe.of(new PvclockFactory()))).verify();
    }
}
