package com.example.console;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.testkit.QueueDriver;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;
import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to: no character is lost, and none comes twice, whatever happens in between. */
class ConsoleConformanceTest extends DeviceConformance {
    private static final String INPUT = "what the guest is told, in many small pieces ".repeat(5);

    @TempDir
    Path folder;

    @Override
    protected Conformance conformance() {
        return Conformance.of(new ConsoleFactory(), this::script).with(this::files);
    }

    private Map<String, String> files() {
        try {
            Files.deleteIfExists(folder.resolve("out"));
            return Map.of("input", Files.writeString(folder.resolve("in"), INPUT).toString(),
                "output", folder.resolve("out").toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void script(ScriptedGuest guest) throws IOException {
        VirtioDriver driver = guest.driver();
        driver.negotiate(-1L);
        QueueDriver receive = driver.negotiatedQueue(8);
        QueueDriver transmit = driver.negotiatedQueue(8);
        driver.ready();
        guest.note("columns", driver.config(0, 2));
        guest.note("rows", driver.config(2, 2));
        long in = driver.allocate(4096, 4096);
        long out = driver.allocate(4096, 4096);
        for (int i = 0; i < 6; i++) {
            receive.add(List.of(Buffer.writable(in, 10)));
            receive.kick();
            guest.note("received", receive.await().written());
            guest.noteMemory("input", in, 10);
            byte[] line = ("line " + i + "\n").getBytes(StandardCharsets.US_ASCII);
            guest.bench().memory().put(out, line, 0, line.length);
            transmit.add(List.of(Buffer.readable(out, 3), Buffer.readable(out + 3, line.length - 3)));
            transmit.kick();
            transmit.await();
            guest.note("causes", driver.takeInterrupt() != 0);
        }
        driver.write(VirtioDriver.CONFIG + 8, '!');
        guest.bench().await("the emergency write", () -> guest.bench().inFlight() == 0);
        guest.note("output", Files.readString(folder.resolve("out")));
    }
}
