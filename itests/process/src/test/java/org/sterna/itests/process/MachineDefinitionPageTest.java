package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goes through docs/machine-definition.md: its file is resolved and run as the page says. */
class MachineDefinitionPageTest {
    private static final String PAGE = "docs/machine-definition.md";
    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void aFolderLikeTheCheckoutWithTheFileOfThePage() throws IOException {
        sterna = new Sterna(folder);
        for (String name : List.of("sterna", "cnf", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
        var json = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(Sterna.root().resolve(PAGE)));
        assertTrue(json.find(), "the page has a definition");
        Files.writeString(folder.resolve("machine.json"), json.group(1));
        Files.createDirectory(folder.resolve("empty"));
        try (var disk = new RandomAccessFile(folder.resolve("disk.img").toFile(), "rw")) {
            disk.setLength(16 << 20);
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private Sterna.Background bash(String command) throws IOException {
        return sterna.startProgram(List.of("bash", "-c", "cd " + folder + " && exec " + command),
            Map.of("XDG_RUNTIME_DIR", folder.toString()));
    }

    @Test
    void everyLineIsTrue() throws Exception {
        var steps = Transcript.of(PAGE);
        assertTrue(steps.size() >= 4, "the page has a transcript");
        for (Transcript.Step step : steps) {
            Sterna.Background done = bash(step.command());
            boolean missing = step.shown().getFirst().startsWith("sterna: ");
            assertEquals(missing ? 1 : 0, done.process().waitFor(), done.errText());
            String text = Sterna.text(done.out()) + done.errText();
            assertTrue(step.isIn(text), step + " printed\n" + text);
        }
    }

    @Test
    void theMachineOfTheFileRuns() throws Exception {
        Sterna.Background guest = bash("./sterna run --definition machine.json");
        Sterna.await(guest.out(), text -> text.contains("DRILL report seq=2"), guest);
        Sterna.Result devices = sterna.run("status",
            "unix:" + folder.resolve("sterna-" + System.getProperty("user.name") + "/sterna.sock"));
        assertTrue(devices.out().contains("/virtio-blk@0") && devices.out().contains("/pvclock@0")
            && devices.out().contains("virt-1.1"),
            devices.out() + devices.err());
    }
}
