package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.itests.process.Sterna.Background;

/** A process whose output nobody reads, and one that was killed. */
@Timeout(600)
class LeftAloneTest {
    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void prepare() {
        sterna = new Sterna(folder);
    }

    @AfterEach
    void close() throws Exception {
        sterna.close();
    }

    /** Runs the guest with standard output and standard error on a pipe that is full. */
    private Background unread(String... more) throws IOException {
        var command = new ArrayList<>(List.of("bash", "-c",
            "mkfifo full && exec 3<>full && head -c 65536 /dev/zero >&3 && rm full && exec \"$@\" >&3 2>&3", "bash",
            Sterna.root().resolve("sterna").toString()));
        command.addAll(List.of(sterna.drill("guest", "virt-1.3", more)));
        command.set(2, "cd " + folder + " && " + command.get(2));
        return sterna.startProgram(command);
    }

    private void mustObeyAndEnd(Background guest) throws Exception {
        while (!Files.exists(folder.resolve("guest.sock")) || !isRunning()) {
            assertTrue(guest.process().isAlive());
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        assertTrue(sterna.qmp("guest", "stop").has("return"));
        assertEquals("paused", sterna.qmp("guest", "query-status").at("/return/status").asText());
        assertTrue(sterna.qmp("guest", "cont").has("return"));
        assertTrue(sterna.qmp("guest", "quit").has("return"));
        assertTrue(guest.process().waitFor(60, TimeUnit.SECONDS), "it ends");
        assertEquals(0, guest.process().exitValue());
    }

    private boolean isRunning() throws IOException {
        try {
            return sterna.qmp("guest", "query-status").at("/return/running").asBoolean();
        } catch (ConnectException e) {
            // The socket is there a moment before somebody listens.
            return false;
        }
    }

    @Test
    void aMachineObeysAndEndsAlthoughNobodyReadsWhatItPrints() throws Exception {
        mustObeyAndEnd(unread("--device", "serial,backend=stdio"));
    }

    @Test
    void soItDoesWithItsGuestOnStandardError() throws Exception {
        mustObeyAndEnd(unread("--device", "serial,backend=stdio", "--json"));
    }

    private static List<Path> temporary(Background process) throws IOException {
        try (var open = Files.list(Path.of("/proc/" + process.process().pid() + "/fd"))) {
            var folders = new ArrayList<Path>();
            for (Path each : open.toList()) {
                if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).endsWith("lock")) {
                    folders.add(Files.readSymbolicLink(each).getParent());
                }
            }
            return folders;
        }
    }

    @Test
    void theNextProcessDeletesTheTemporaryFilesOfOneThatWasKilled() throws Exception {
        Background receiver = sterna.receiver("killed");
        List<Path> folders = temporary(receiver);
        assertEquals(1, folders.size(), folders.toString());
        receiver.process().destroyForcibly().waitFor();
        assertTrue(Files.isDirectory(folders.getFirst().resolve("framework")));
        do {
            assertEquals(0, sterna.run("devices").code());
        } while (Files.exists(folders.getFirst()));
    }
}
