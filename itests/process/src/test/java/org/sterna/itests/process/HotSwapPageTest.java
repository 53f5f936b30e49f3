package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

    /** A command of the page, and the lines that it shows below. */
    private record Step(String command, List<String> shown) {
    }

    private static List<Step> steps() throws IOException {
        var steps = new ArrayList<Step>();
        boolean inside = false;
        for (String line : Files.readAllLines(Sterna.root().resolve("docs/hot-swap.md"))) {
            if (line.startsWith("```")) {
                inside = !inside;
            } else if (inside && line.startsWith("$ ")) {
                steps.add(new Step(line.substring(2), new ArrayList<>()));
            } else if (inside) {
                steps.getLast().shown().add(line);
            }
        }
        return steps;
    }

    @Test
    void everyLineIsTrue() throws Exception {
        var steps = steps();
        assertTrue(steps.size() > 10, "the page has a transcript");
        for (Step step : steps) {
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
    private void awaitShown(Step step) throws IOException, InterruptedException {
        String text;
        int tries = 0;
        do {
            Sterna.Background done = bash(step.command());
            done.process().waitFor();
            text = plain(Sterna.text(done.out()) + done.errText());
        } while (!shows(text, step) && ++tries < 20);
        assertTrue(shows(text, step), step + " printed\n" + text);
    }

    private static boolean shows(String text, Step step) {
        return step.shown().stream().allMatch(line -> text.lines().anyMatch(plain(line)::equals));
    }

    private void awaitOfMachine(String line) throws InterruptedException {
        Sterna.await(machine.err(), text -> plain(text).lines().anyMatch(plain(line)::equals), machine);
    }

    /** Without what differs from run to run: times, paths, and the width of columns. */
    private static String plain(String text) {
        return text.replaceAll("unix:\\S+", "unix:PATH").replaceAll("[0-9.]+ ms", "N ms").replaceAll("(?m)(?<=\\S) +", " ");
    }
}
