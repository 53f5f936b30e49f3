package org.sterna.device.virtioblk.internal;

import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.device.virtioblk.internal.BlockGuest.Answer;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to, against every release. */
class BlockConformanceTest extends DeviceConformance {
    @TempDir
    Path directory;

    @Override
    protected Conformance conformance() {
        return Conformance.of(new BlockDeviceFactory(), BlockConformanceTest::script)
            .with(() -> Map.of("drive", BlockGuest.disk(directory, 64).toString()))
            .releases(Path.of("../cnf/release"), "org.sterna.device.virtio-blk-*.jar");
    }

    private static void script(ScriptedGuest guest) {
        var driver = new BlockGuest(guest.bench(), BlockGuest.ALL);
        guest.note("sectors", driver.driver.config(0, 8));
        for (int i = 0; i < 8; i++) {
            var data = new byte[1024];
            guest.random().nextBytes(data);
            int sector = guest.random().nextInt(60);
            note(guest, "write", driver.request(BlockRequest.OUT, sector, data, 0));
            note(guest, "read", driver.read(sector, 1024));
            note(guest, "flush", driver.request(BlockRequest.FLUSH, 0, new byte[0], 0));
            guest.note("causes", driver.driver.takeInterrupt());
        }
        note(guest, "beyond the end", driver.read(64, 512));
        guest.note("status", driver.driver.read(VirtioDriver.STATUS));
    }

    private static void note(ScriptedGuest guest, String what, Answer answer) {
        guest.note(what, answer.status() + " " + answer.written() + " " + HexFormat.of().formatHex(answer.data()));
    }
}
