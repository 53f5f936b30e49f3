package org.sterna.device.serial.internal;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.PropertyCheck;

/** What a guest sees agrees with what the properties declare, in settings that hold every two values of them together. */
class SerialPropertiesTest {
    @TempDir
    Path directory;

    @Test
    void theUartShowsWhatItDeclares() {
        PropertyCheck.of(SerialAbiTest.situations(AbiProbe.of(new SerialFactory())))
            .values("clock-frequency", "3686400", "1843200")
            .elsewhere(Map.of("backend", "file", "path", directory.resolve("log").toString()))
            .elsewhere(Map.of("backend", "unix", "path", directory.resolve("socket").toString()))
            .elsewhere(Map.of("backend", "file", "path", "/dev/null", "special-file", "on"))
            .elsewhere(Map.of("backend", "file", "path", directory.resolve("short").toString(), "max-size", "4K"))
            .elsewhere(Map.of("address", "127.0.0.1:7000"))
            .verify();
    }
}
