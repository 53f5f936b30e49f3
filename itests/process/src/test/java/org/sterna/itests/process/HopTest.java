package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest that goes to and fro between two receivers: they keep nothing of it when it has gone. With the variable {@code STERNA_HOPS}
 * in its environment it makes so many hops.
 */
class HopTest {
    private static final int HOPS = Integer.parseInt(Objects.requireNonNullElse(System.getenv("STERNA_HOPS"), "30"));
    /** After so many hops a process has loaded its classes and filled its caches. */
    private static final int WARM = 6;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    /** Too little for a dozen machines that stay, enough for two. */
    private static final Map<String, String> SMALL = Map.of("STERNA_JAVA_OPTS", "-Xmx96m");
    private static final String MACHINE = "org.sterna.machine.internal.VirtualMachine";
    private static final String PROCESSOR = "org.sterna.machine.internal.ProcessorThread";
    /** What may be kept of each hop, in bytes: that it has been. */
    private static final long OF_EACH_HOP = 2048;
    /** What a heap may differ by from one moment to the next, in bytes. */
    private static final long NOISE = 2 << 20;

    @TempDir
    Path folder;
    private Sterna sterna;

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    /**
     * What a process holds.
     *
     * @param bytes      of its heap that are live
     * @param machines   that are live
     * @param processors that are live
     * @param threads    that are live
     * @param files      that are open
     */
    private record Held(long bytes, long machines, long processors, long threads, long files) {
        static Held of(Process process) throws Exception {
            var jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/jcmd").toString(), Long.toString(process.pid()),
                "GC.class_histogram").redirectErrorStream(true).start();
            List<String> lines = jcmd.inputReader().lines().toList();
            assertEquals(0, jcmd.waitFor(), lines::toString);
            try (Stream<Path> files = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
                return new Held(number(lines, "Total", 2), number(lines, MACHINE, 1), number(lines, PROCESSOR, 1),
                    Path.of("/proc/" + process.pid() + "/task").toFile().list().length, files.count());
            }
        }

        /** Lines are: number, instances, bytes, class, and the last one: Total, instances, bytes. */
        private static long number(List<String> lines, String what, int column) {
            return lines.stream().map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length > 2 && List.of(words).contains(what)).mapToLong(words -> Long.parseLong(words[column]))
                .findFirst().orElse(0);
        }
    }

    private boolean runs(String name) throws IOException {
        return sterna.qmp(name, "query-status").at("/return/running").asBoolean();
    }

    /** Has the guest move as soon as the destination is free: it may not have noticed yet that the guest runs elsewhere. */
    private void hop(String from, String to) throws IOException {
        long deadline = System.nanoTime() + PATIENCE;
        JsonNode last = sterna.migrate(from, sterna.endpoint(to));
        while (!runs(to)) {
            assertTrue(System.nanoTime() < deadline, "the guest does not arrive: " + last);
            JsonNode state = sterna.qmp(from, "query-migrate");
            if (state.at("/return/status").asText().equals("failed")) {
                last = state;
                sterna.migrate(from, sterna.endpoint(to));
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Waits until only the last machine is left, for which the control socket still answers, without its processors. */
    private static Held whenGone(Process process) throws Exception {
        long deadline = System.nanoTime() + PATIENCE;
        Held held = Held.of(process);
        while (held.processors() > 0 || held.machines() > 1) {
            assertTrue(System.nanoTime() < deadline, "the machine has left, but is kept: " + held);
            held = Held.of(process);
        }
        return held;
    }

    /** A thousand hops may take longer than a test usually does. */
    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void twoReceiversKeepNothingOfAMachineThatHasLeft() throws Exception {
        sterna = new Sterna(folder);
        Path disk = folder.resolve("disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        var left = sterna.receiverIn(SMALL, "left");
        var right = sterna.receiverIn(SMALL, "right");
        sterna.guest("first", "virt-1.3", "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk);
        hop("first", "left");
        Held warmLeft = null;
        Held warmRight = null;
        for (int i = 0; i < HOPS; i += 2) {
            hop("left", "right");
            if (i == WARM) {
                warmLeft = whenGone(left.process());
            }
            hop("right", "left");
            if (i == WARM) {
                warmRight = whenGone(right.process());
            }
        }
        assertFlat(warmRight, whenGone(right.process()));
        int said = Sterna.text(left.out()).length();
        Sterna.await(left.out(), text -> text.substring(said).contains("DRILL report"), left);
        hop("left", "right");
        assertFlat(warmLeft, whenGone(left.process()));
        for (var receiver : List.of(left, right)) {
            String text = Sterna.text(receiver.out());
            assertTrue(!text.contains("DRILL violation ram") && !text.contains("DRILL violation disk"), text);
        }
    }

    private static void assertFlat(Held before, Held after) {
        System.out.println("STERNA-HOPS " + before + " " + after);
        assertTrue(after.bytes() < before.bytes() + NOISE + OF_EACH_HOP * HOPS, () -> before + " has become " + after);
        assertTrue(after.threads() < before.threads() + 10, () -> before + " has become " + after);
        assertTrue(after.files() < before.files() + 10, () -> before + " has become " + after);
    }
}
