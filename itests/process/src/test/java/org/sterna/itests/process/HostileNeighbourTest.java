package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All hostile guests (see itests/hostile-guests) beside an honest one in one process with little heap: the honest one works, all control
 * sockets answer, and the process ends when it is told to.
 */
class HostileNeighbourTest {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);
    private static final String USER = System.getProperty("user.name");
    /** What each says when it has done for a while what it does. */
    private static final Map<String, String> HOSTILE = Map.of("codebomb", "beat 1", "blkhog", "beat 1", "ringloop", "beat 1",
        "queuestuff", "beat 1", "cacheflip", "beat 1", "flood", "xxxxxxxxxxxxxxxx", "reboot", "RRRRRRRR");
    private static final int QUESTIONS = 5;

    @TempDir
    Path folder;
    private Sterna sterna;

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private static void await(String what, Sterna.Background shell, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline && shell.process().isAlive(), () -> "waited in vain for " + what + shell.errText());
            LockSupport.parkNanos(20_000_000);
        }
    }

    private Path console(String name) {
        return folder.resolve(name + ".console");
    }

    private void configure(Path machines, String name, Path kernel, String append) throws IOException {
        Path disk = folder.resolve(name + ".disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
        Files.writeString(machines.resolve("org.sterna.machine-" + name + ".config"), ("""
            machine="virt-1.3"
            memory="64M"
            board=["kernel=%s","append=%s"]
            devices=["serial,backend=file,path=%s","virtio-blk,queues=16,queue-size=1024,drive=%s"]
            """.formatted(kernel, append, console(name), disk)).replaceAll("(?<=[a-z])=(?!\\[|\")", "\\\\="));
    }

    /** How long a machine's control socket takes to answer, in nanoseconds: half of the answers come sooner. */
    private long answerTime(String machine) {
        return IntStream.range(0, QUESTIONS).mapToLong(i -> {
            long before = System.nanoTime();
            try {
                assertTrue(sterna.qmp("sterna-" + USER + "/" + machine, "query-status").at("/return/running").asBoolean(), machine);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return System.nanoTime() - before;
        }).sorted().skip(QUESTIONS / 2).findFirst().orElseThrow();
    }

    private int reports() {
        return Sterna.text(console("honest")).split("DRILL report", -1).length;
    }

    private void honestWorks(Sterna.Background shell) {
        int before = reports();
        await("the work of the honest guest", shell, () -> reports() > before + 3);
        String seen = Sterna.text(console("honest"));
        assertFalse(seen.contains("DRILL violation ram") || seen.contains("DRILL violation disk"), seen);
    }

    @Test
    void theHonestGuestWorksAndControlAnswers() throws Exception {
        sterna = new Sterna(folder);
        Path machines = Files.createDirectory(folder.resolve("machines"));
        Path root = Sterna.root();
        configure(machines, "honest", root.resolve("guest.drill/drill.img"), "drill.rate=500 drill.pages=256 drill.report=100");
        for (String guest : HOSTILE.keySet()) {
            configure(machines, guest, root.resolve("itests/hostile-guests/" + guest + ".img"), "");
        }
        var shell = sterna.startWithInput(Map.of("XDG_RUNTIME_DIR", folder.toString(), "USER", USER, "STERNA_JAVA_OPTS", "-Xmx128m"),
            "shell", "--machines", machines.toString());
        HOSTILE.forEach((guest, sign) -> await(guest, shell, () -> Sterna.text(console(guest)).contains(sign)));
        honestWorks(shell);
        assertTrue(answerTime("honest") < TimeUnit.SECONDS.toNanos(1));
        for (String machine : HOSTILE.keySet()) {
            assertTrue(answerTime(machine) < TimeUnit.SECONDS.toNanos(1), machine);
        }
        for (String machine : HOSTILE.keySet()) {
            String name = "sterna-" + USER + "/" + machine;
            assertTrue(sterna.qmp(name, "stop").has("return"), machine);
            assertEquals("paused", sterna.qmp(name, "query-status").at("/return/status").asText(), machine);
            assertTrue(sterna.qmp(name, "cont").has("return"), machine);
        }
        honestWorks(shell);
        shell.process().destroy();
        assertTrue(shell.process().waitFor(60, TimeUnit.SECONDS), shell::errText);
        assertFalse(shell.errText().contains("OutOfMemoryError"), shell.errText());
    }
}
