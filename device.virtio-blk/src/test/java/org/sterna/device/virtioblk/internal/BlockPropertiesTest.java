package org.sterna.device.virtioblk.internal;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.PropertyCheck;

/** What a guest sees agrees with what the properties declare, in settings that hold every two values of them together. */
class BlockPropertiesTest {
    @TempDir
    Path directory;
    @TempDir
    Path other;

    @Test
    void theDiskShowsWhatItDeclares() {
        PropertyCheck.of(BlockAbiTest.situations(AbiProbe.of(new BlockDeviceFactory()), BlockGuest.disk(directory, 64)))
            .values("capacity", "32K", "16K")
            .values("queue-size", "256", "4", "1024")
            .values("block-size", "512", "4K")
            .values("physical-block-size", "4K", "32K")
            .values("cylinders", "65535", "1")
            .values("heads", "16", "255")
            .values("sectors", "63", "255")
            .values("serial", "", "A", "01234567890123456789")
            .values("min-io", "0", "64K")
            .values("opt-io", "0", "1M")
            .values("queues", "1", "3")
            .values("version-1", "on")
            .elsewhere(Map.of("drive", BlockGuest.disk(other, 128).toString()))
            .elsewhere(Map.of("cache", "writethrough"))
            .elsewhere(Map.of("format", "raw"))
            .elsewhere(Map.of("werror", "stop"))
            .elsewhere(Map.of("rerror", "stop"))
            .verify();
    }
}
