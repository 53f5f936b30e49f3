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

/** Goes through docs/hot-swap.md: runs each command, and sees what the page shows, but for numbers and paths. */
class HotSwapPageTest {
    @TempDir
    Path folder;
    private Sterna sterna;
    private Sterna.Background machine;

    @BeforeEach
    void aFolderLikeTheCheckout() throws IOException {
        sterna = new Sterna(folder);
        for (String name : List.of("sterna", "cnf", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    @Test
    void everyLineIsTrue() throws Exception {
        var steps = Transcript.of("docs/hot-swap.md");
        assertTrue(steps.size() > 10, "the page has a transcript");
        for (Transcript.Step step : steps) {
            if (step.command().endsWith("&")) {
                machine = bash(step.command().substring(0, step.command().length() - 1));
                for (String line : step.shown()) {
                    awaitOfMachine(line);
                }
                Sterna.await(machine.out(), text -> text.contains("DRILL report seq=1"), machine);
            } else if (step.command().startsWith("./sterna")) {
                awaitShown(step);
            } else {
                Sterna.Background done = bash(step.command());
                assertEquals(0, done.process().waitFor(), done.errText());
                for (String line : step.shown()) {
                    awaitOfMachine(line);
                }
            }
        }
    }

    private Sterna.Background bash(String command) throws IOException {
        return sterna.startProgram(List.of("bash", "-c", "cd " + folder + " && exec " + command), Map.of("XDG_RUNTIME_DIR", folder.toString()));
    }

    /** What comes and goes in a folder is noticed soon, but not at once. */
    private void awaitShown(Transcript.Step step) throws IOException, InterruptedException {
        String text;
        int tries = 0;
        do {
            Sterna.Background done = bash(step.command());
            done.process().waitFor();
            text = Sterna.text(done.out()) + done.errText();
        } while (!step.isIn(text) && ++tries < 20);
        assertTrue(step.isIn(text), step + " printed\n" + text);
    }

    private void awaitOfMachine(String line) throws InterruptedException {
        Sterna.await(machine.err(), text -> Transcript.plain(text).lines().anyMatch(Transcript.plain(line)::equals), machine);
    }
}
