package org.sterna.device.pvclock.internal;

import java.nio.file.Path;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.sterna.testkit.probe.AbiBaseline;
import org.sterna.testkit.probe.AbiBaselines;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.ProbeGuest;

/** What a guest sees of the clock is what was frozen for each machine type. */
class PvclockAbiTest {
    private static final long SECOND = 1_000_000_000L;

    @RegisterExtension
    static final AbiBaselines BASELINES = AbiBaselines.of(new PvclockFactory(), Path.of("../docs/abi"))
        .machineTypes(Path.of("../machine.virt/src/main/resources/STERNA-INF/machine-types"))
        .releases(Path.of("../cnf/release"), "org.sterna.device.pvclock-*.jar")
        .probe(PvclockAbiTest::situations);

    /** A probe that has seen the structures in memory. */
    static AbiProbe situations(AbiProbe probe) {
        return probe.observing("enabled", PvclockAbiTest::enable);
    }

    /** The structures after they were enabled, after a pause, and after a migration that took some time. */
    private static void enable(ProbeGuest guest) {
        guest.pass(3 * SECOND);
        guest.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
        guest.write(PvclockDevice.WALL_CLOCK, 8, Guest.WALL);
        observe(guest, "when enabled");
        guest.pass(SECOND);
        guest.blackout(0);
        observe(guest, "after a pause");
        guest.blackout(5 * SECOND);
        observe(guest, "after a migration");
    }

    private static void observe(ProbeGuest guest, String when) {
        guest.observeMemory("system time " + when, Guest.PAGE, TimePage.TIME_BYTES);
        guest.observeMemory("wall clock " + when, Guest.WALL, TimePage.WALL_BYTES);
    }

    @TestTemplate
    void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
        baseline.verify();
    }
}
