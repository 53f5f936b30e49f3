package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goes through docs/control.md: runs each command, and sees what the page shows, but for numbers and paths. */
class ControlPageTest {
    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void aFolderLikeTheCheckout() throws IOException {
        sterna = new Sterna(folder);
        for (String name : List.of("sterna", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    @Test
    void everyLineIsTrue() throws Exception {
        var steps = Transcript.of("docs/control.md");
        assertEquals(3, steps.size(), "the page has a transcript");
        for (Transcript.Step step : steps) {
            boolean background = step.command().endsWith("&");
            Sterna.Background process = bash(background ? step.command().substring(0, step.command().length() - 1) : step.command());
            for (String line : step.shown()) {
                if (background) {
                    Sterna.await(process.err(), text -> plain(text).contains(plain(line)), process);
                } else {
                    process.process().waitFor();
                    String text = Sterna.text(process.out()) + process.errText();
                    assertTrue(plain(text).contains(plain(line)), text);
                }
            }
        }
    }

    private static String plain(String text) {
        return text.replaceAll("tcp:127.0.0.1:[1-9][0-9]*", "tcp:PORT");
    }

    private Sterna.Background bash(String command) throws IOException {
        return sterna.startProgram(List.of("bash", "-c", "cd " + folder + " && exec " + command), Map.of("XDG_RUNTIME_DIR", folder.toString()));
    }
}
