package com.example.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** A machine that is reset in the midst of a read begins with its input again. */
class ConsoleResetTest {
    @TempDir
    Path folder;

    @Test
    void whatWasBeingReadDoesNotKeepTheNextDriverWaiting() throws Exception {
        String input = Files.writeString(folder.resolve("in"), "from the first letter on").toString();
        try (var bench = new DeviceBench(new ConsoleFactory(), Map.of("input", input))) {
            assertEquals("from the", receive(bench, boot(bench)));
            bench.holdIo();
            add(bench, boot(bench));
            bench.call(device -> {
                device.reset();
                return null;
            });
            VirtqueueDriver queue = boot(bench);
            add(bench, queue);
            bench.releaseIo();
            assertEquals("from the", await(bench, queue));
        }
    }

    /** A driver's receive queue, from a reset of the device on. */
    private static VirtqueueDriver boot(DeviceBench bench) {
        VirtioDriver driver = new VirtioDriver(bench).negotiate(-1L);
        driver.allocate(4096, 4096);
        VirtqueueDriver receive = driver.queue(8);
        driver.queue(8);
        driver.ready();
        return receive;
    }

    private static void add(DeviceBench bench, VirtqueueDriver queue) {
        queue.add(List.of(Buffer.writable(DeviceBench.MEMORY_BASE, 8)));
        queue.kick();
    }

    private static String receive(DeviceBench bench, VirtqueueDriver queue) {
        add(bench, queue);
        return await(bench, queue);
    }

    private static String await(DeviceBench bench, VirtqueueDriver queue) {
        var bytes = new byte[queue.await().written()];
        bench.memory().get(DeviceBench.MEMORY_BASE, bytes, 0, bytes.length);
        return new String(bytes);
    }
}
