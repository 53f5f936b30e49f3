package org.sterna.itests.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/api.md names every exported package, its bundle and version, and every type that is made for others to implement. */
class ApiPageTest {
    private static final Pattern VERSION = Pattern.compile("@Version\\(\"([0-9.]+)\"\\)");
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([a-z0-9.]+);");
    private static final Pattern IMPLEMENTED =
        Pattern.compile("(?m)^ *@ConsumerType\\s+(?:@\\S+\\s+)*(?:[a-z-]+ )*interface (\\w+)");
    private static final Pattern ROW = Pattern.compile("\\| `(org\\.sterna\\.[a-z0-9.]+)` \\|.*");
    private static final Pattern CODE = Pattern.compile("`(\\w+)`");

    /** What the page says of a package, or what is so. */
    private record Row(String bundle, String version, SortedSet<String> implemented) {
    }

    @Test
    void thePageSaysWhatIsExported() throws IOException {
        assertEquals(exported(), page());
    }

    @Test
    void somethingIsExportedThatOthersImplement() throws IOException {
        var device = exported().get("org.sterna.machine.device");
        assertEquals(new TreeSet<>(List.of("Device", "DeviceFactory")), device.implemented());
        assertTrue(exported().size() > 10);
    }

    private static SortedMap<String, Row> page() throws IOException {
        var rows = new TreeMap<String, Row>();
        for (String line : Files.readAllLines(Checkout.file("docs/api.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                List<String> cells = Arrays.stream(line.split("\\|")).map(String::strip).toList();
                var implemented = new TreeSet<String>();
                CODE.matcher(cells.get(4)).results().forEach(type -> implemented.add(type.group(1)));
                assertEquals(null, rows.put(row.group(1), new Row(cells.get(2), cells.get(3), implemented)), "twice: " + line);
            }
        }
        return rows;
    }

    private static SortedMap<String, Row> exported() throws IOException {
        var rows = new TreeMap<String, Row>();
        try (Stream<Path> modules = Files.list(Checkout.file("."))) {
            for (Path sources : modules.map(module -> module.resolve("src/main/java")).filter(Files::isDirectory).toList()) {
                String bundle = sources.getName(sources.getNameCount() - 4).toString();
                for (Path info : named(sources, "package-info.java")) {
                    String text = Files.readString(info);
                    if (text.contains("@Export")) {
                        rows.put(first(PACKAGE, text), new Row(bundle, first(VERSION, text), implemented(info.getParent())));
                    }
                }
            }
        }
        return rows;
    }

    private static SortedSet<String> implemented(Path folder) throws IOException {
        var types = new TreeSet<String>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                IMPLEMENTED.matcher(Files.readString(file)).results().forEach(type -> types.add(type.group(1)));
            }
        }
        return types;
    }

    private static List<Path> named(Path folder, String name) {
        try (Stream<Path> files = Files.walk(folder)) {
            return new ArrayList<>(files.filter(file -> file.endsWith(name)).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertTrue(matcher.find(), pattern + " in " + text);
        return matcher.group(1);
    }
}
