package org.sterna.itests.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the pages of this repository refer to exists: tests, files, and headings of other pages. */
class PagesTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("(?s)```.*?```");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
    private static final Set<String> SKIPPED = Set.of("target", ".git", ".m2", "node_modules");

    private static List<Path> files(String ending) throws IOException {
        var found = new ArrayList<Path>();
        try (Stream<Path> top = Files.list(Checkout.file("."))) {
            for (Path entry : top.filter(path -> !SKIPPED.contains(path.getFileName().toString())).toList()) {
                try (Stream<Path> below = Files.walk(entry)) {
                    below.filter(path -> path.toString().endsWith(ending))
                        .filter(path -> Stream.of(path.toString().split("/")).noneMatch(SKIPPED::contains)).forEach(found::add);
                }
            }
        }
        return found;
    }

    private static String text(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the sites that show such pages make them of headings. */
    private static Set<String> anchors(Path page) {
        return HEADING.matcher(CODE.matcher(text(page)).replaceAll("")).results().map(heading -> heading.group(1)
            .toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-')).collect(Collectors.toSet());
    }

    private static boolean leads(Path page, String link) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        return Files.exists(target) && (parts.length == 1 || anchors(target).contains(parts[1]));
    }

    @Test
    void theTestsThatTheSecurityPageNamesExist() throws IOException {
        Set<String> existing = files("Test.java").stream().map(file -> file.getFileName().toString().replace(".java", ""))
            .collect(Collectors.toSet());
        Set<String> named = TEST.matcher(text(Checkout.file("SECURITY.md"))).results().map(test -> test.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(named.size() > 20, named.toString());
        named.removeAll(existing);
        assertEquals(Set.of(), named);
    }

    @Test
    void linksBetweenPagesLeadSomewhere() throws IOException {
        var broken = new ArrayList<String>();
        int links = 0;
        for (Path page : files(".md")) {
            for (MatchResult link : LINK.matcher(CODE.matcher(text(page)).replaceAll("")).results().toList()) {
                links++;
                if (!link.group(1).contains("://") && !leads(page, link.group(1))) {
                    broken.add(page + ": " + link.group(1));
                }
            }
        }
        assertEquals(List.of(), broken);
        assertTrue(links > 30, "links were found");
    }
}
