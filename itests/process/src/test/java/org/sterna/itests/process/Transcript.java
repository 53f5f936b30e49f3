package org.sterna.itests.process;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a page of the documentation shows of a shell: commands, each with lines that are seen then. */
final class Transcript {
    private Transcript() {
    }

    /** A command of the page, and the lines that it shows below. */
    record Step(String command, List<String> shown) {
        /** Whether a text has all of the lines, but for numbers, paths and the width of columns. */
        boolean isIn(String text) {
            var seen = plain(text).lines().toList();
            return shown.stream().map(Transcript::plain).allMatch(seen::contains);
        }
    }

    /** The commands of a page. */
    static List<Step> of(String page) throws IOException {
        return steps(Files.readAllLines(Sterna.root().resolve(page)), "$ ");
    }

    /** The commands of one section of a page, behind any of these prompts. */
    static List<Step> of(String page, String heading, String... prompts) throws IOException {
        return steps(Files.readAllLines(Sterna.root().resolve(page)).stream().dropWhile(line -> !line.equals("## " + heading))
            .skip(1).takeWhile(line -> !line.startsWith("## ")).toList(), prompts);
    }

    private static List<Step> steps(List<String> lines, String... prompts) {
        var steps = new ArrayList<Step>();
        boolean inside = false;
        boolean shell = false;
        for (String line : lines) {
            var prompt = Arrays.stream(prompts).filter(line::startsWith).findFirst();
            if (line.startsWith("```")) {
                inside = !inside;
                shell = false;
            } else if (inside && prompt.isPresent()) {
                steps.add(new Step(line.substring(prompt.get().length()), new ArrayList<>()));
                shell = true;
            } else if (shell) {
                steps.getLast().shown().add(line);
            }
        }
        return steps;
    }

    /** Without what differs from run to run: times, paths, and the width of columns. */
    static String plain(String text) {
        return text.replaceAll("unix:\\S+", "unix:PATH").replaceAll("file:\\S+", "FILE").replaceAll("[0-9.]+ ms", "N ms")
            .replaceAll("(?m)(?<=\\S) +", " ");
    }
}
