package org.sterna.device.serial.internal;

import java.io.IOException;
import java.net.ServerSocket;
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
    void theUartShowsWhatItDeclares() throws IOException {
        PropertyCheck.of(SerialAbiTest.situations(AbiProbe.of(new SerialFactory())))
            .values("clock-frequency", "3686400", "1843200")
            .elsewhere(Map.of("backend", "file", "path", directory.resolve("log").toString()))
            .elsewhere(Map.of("backend", "tcp", "address", freeAddress()))
            .verify();
    }

    private static String freeAddress() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return "127.0.0.1:" + socket.getLocalPort();
        }
    }
}
