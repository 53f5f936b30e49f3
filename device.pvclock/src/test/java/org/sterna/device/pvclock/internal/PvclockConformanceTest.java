package org.sterna.device.pvclock.internal;

import java.nio.file.Path;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to; against the release that carries both registers, as 1.0.x forget what a guest had set. */
class PvclockConformanceTest extends DeviceConformance {
    @Override
    protected Conformance conformance() {
        return Conformance.of(new PvclockFactory(), PvclockConformanceTest::script)
            .releases(Path.of("../cnf/release"), "org.sterna.device.pvclock-1.1.0.jar");
    }

    private static void script(ScriptedGuest guest) {
        guest.note("magic", guest.read(PvclockDevice.MAGIC, 4));
        guest.note("features", guest.read(PvclockDevice.FEATURES, 4));
        guest.write(PvclockDevice.WALL_CLOCK, 8, Guest.WALL);
        guest.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
        long before = 0;
        for (int i = 0; i < 10; i++) {
            guest.note("system time's address", guest.read(PvclockDevice.SYSTEM_TIME, 8));
            guest.note("wall clock's address", guest.read(PvclockDevice.WALL_CLOCK, 8));
            long now = guest.bench().clock().now() / (1_000_000_000 / DeviceBench.TIMEBASE);
            long time = Guest.TimeInfo.read(guest.bench().memory(), Guest.PAGE).nanosAt(now);
            guest.note("time goes on", time >= before);
            before = time;
        }
        guest.write(PvclockDevice.SYSTEM_TIME, 8, 0);
        guest.note("off", guest.read(PvclockDevice.SYSTEM_TIME, 8));
    }
}
