package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goes through the first section of docs/plugin-author.md, with this build in place of a release: an archetype that yields a
 * device, its build with all its tests, and the device in a running guest.
 */
class PluginAuthorPageTest {
    @TempDir
    Path folder;
    private Sterna sterna;
    private Author author;

    @BeforeEach
    void aFolderLikeTheCheckout() throws IOException {
        sterna = new Sterna(folder);
        author = new Author("page", sterna, Sterna.root().resolve("target/repository"), folder);
        for (String name : List.of("sterna", "cnf", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
        Files.copy(Sterna.root().resolve("pom.xml"), folder.resolve("pom.xml"));
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    /** A command of the page, and the lines that it shows below. */
    private record Step(String command, List<String> shown) {
    }

    private static List<Step> steps() throws IOException {
        String page = Files.readString(Sterna.root().resolve("docs/plugin-author.md"));
        var steps = new ArrayList<Step>();
        boolean inside = false;
        for (String line : page.substring(0, page.indexOf("## 1. ")).lines().toList()) {
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
        assertTrue(steps.size() > 15, "the page has commands");
        Path here = folder;
        Sterna.Background machine = null;
        for (Step step : steps) {
            if (step.command().startsWith("cd ")) {
                here = here.resolve(step.command().substring(3));
            } else if (step.command().endsWith("&")) {
                machine = author.start(here, "exec " + step.command().substring(0, step.command().length() - 1));
                Sterna.await(machine.out(), text -> text.contains("DRILL report seq=1"), machine);
            } else {
                String printed = plain(author.run(here, step.command()));
                for (String line : step.shown()) {
                    if (line.startsWith("machine guest:")) {
                        Sterna.await(machine.err(), text -> shows(plain(text), line), machine);
                    } else {
                        assertTrue(shows(printed, line), step + " printed\n" + printed);
                    }
                }
            }
        }
        assertEquals(-1, Files.mismatch(Sterna.root().resolve("pom.xml"), folder.resolve("pom.xml")), "a module of Sterna's build");
    }

    private static boolean shows(String printed, String line) {
        return printed.lines().anyMatch(plain(line)::equals);
    }

    /** Without what differs from run to run (times, widths of columns), and without the colours that Maven cannot leave off. */
    private static String plain(String text) {
        return text.replaceAll("\u001b\\[[0-9;]*m", "").replaceAll("[0-9.]+ ms", "N ms")
            .replaceAll("(?m)(?<=\\S) +", " ").replaceAll("(?m) $", "");
    }
}
