package org.sterna.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script {@code sterna} as a process, in environments that are made up. */
@Timeout(60)
class ScriptTest {
    private static final Path SCRIPT = Path.of("..", "sterna").toAbsolutePath().normalize();

    @TempDir
    private Path folder;
    private Path old;
    private Path places;

    private record Outcome(int code, String out, String err) {
    }

    @BeforeEach
    void anOldJavaOnThePath() throws IOException {
        old = jdk(folder.resolve("java-17"), "17.0.15");
        places = Files.createDirectory(folder.resolve("places"));
    }

    private static Path jdk(Path home, String version) throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Example\"\nJAVA_VERSION=\"" + version + "\"\nLIBC=\"gnu\"\n");
        for (String tool : new String[] {"java", "javac"}) {
            program(home.resolve("bin").resolve(tool), "exit 99");
        }
        return home;
    }

    private static void program(Path file, String command) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + command + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Outcome sterna(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        var builder = new ProcessBuilder("/bin/bash", SCRIPT.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", old.resolve("bin") + ":/usr/bin:/bin", "HOME", folder.toString(),
            "STERNA_JDKS", places.toString()));
        builder.environment().putAll(environment);
        builder.directory(folder.toFile());
        builder.redirectError(folder.resolve("err").toFile());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return new Outcome(process.waitFor(), out, Files.readString(folder.resolve("err")).strip());
    }

    @Test
    void findsAJdkBesideAnOldJava() throws Exception {
        Path right = jdk(places.resolve("b-openjdk"), "25.0.3");
        jdk(places.resolve("a-openjdk"), "21.0.1");
        assertEquals(new Outcome(0, right.toString(), ""), sterna(Map.of(), "jdk"));
    }

    @Test
    void prefersJavaHomeThenThePathIfTheyAreNewEnough() throws Exception {
        Path beside = jdk(places.resolve("jdk"), "25");
        Path chosen = jdk(folder.resolve("chosen jdk"), "26-ea");
        assertEquals(chosen.toString(), sterna(Map.of("JAVA_HOME", chosen.toString()), "jdk").out());
        assertEquals(beside.toString(), sterna(Map.of("JAVA_HOME", old.toString()), "jdk").out());
        Path link = Files.createDirectory(folder.resolve("links"));
        Files.createSymbolicLink(link.resolve("java"), chosen.resolve("bin/java"));
        assertEquals(chosen.toString(), sterna(Map.of("PATH", link + ":/usr/bin:/bin"), "jdk").out());
    }

    @Test
    void aRuntimeWithoutACompilerIsNoJdk() throws Exception {
        Files.delete(jdk(places.resolve("jre"), "25.0.1").resolve("bin/javac"));
        assertEquals(1, sterna(Map.of(), "jdk").code());
    }

    @Test
    void saysInOneLineWhatIsMissing() throws Exception {
        Outcome outcome = sterna(Map.of(), "status");
        assertEquals(1, outcome.code());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains("no JDK 25") && outcome.err().contains("apt install openjdk-25"), outcome.err());
    }

    @Test
    void saysThatMavenIsMissing() throws Exception {
        jdk(places.resolve("jdk"), "25.0.3");
        Path tools = Files.createDirectory(folder.resolve("tools"));
        for (String tool : new String[] {"bash", "dirname", "readlink", "find", "xargs", "rm"}) {
            for (String place : new String[] {"/bin", "/usr/bin"}) {
                if (Files.exists(Path.of(place, tool))) {
                    program(tools.resolve(tool), "exec " + Path.of(place, tool) + " \"$@\"");
                }
            }
        }
        Path copy = Files.copy(SCRIPT, Files.createDirectory(folder.resolve("clone")).resolve("sterna"));
        var builder = new ProcessBuilder(tools.resolve("bash").toString(), copy.toString(), "test");
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", tools.toString(), "STERNA_JDKS", places.toString()));
        Process process = builder.redirectErrorStream(true).start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), told);
        assertTrue(told.contains("Maven (mvn) is needed"), told);
        assertEquals(1, told.strip().lines().count(), told);
    }

    @Test
    void refusesABenchmarkThatThereIsNot() throws Exception {
        jdk(places.resolve("jdk"), "25.0.3");
        assertEquals(2, sterna(Map.of(), "bench", "coffee").code());
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
        "com.acme, 9lives, '9lives' cannot be a device's name",
        "com.acme, Gauge, 'Gauge' cannot be a device's name",
        "com.acme, my_gauge, 'my_gauge' cannot be a device's name",
        "com.acme, my--gauge, 'my--gauge' cannot be a device's name",
        "com.acme, ../gauge, '../gauge' cannot be a device's name",
        "com.acme, my gauge, 'my gauge' cannot be a device's name",
        "com.acme, \"\", '' cannot be a device's name",
        "com.acme, device, give this one a name of its own",
        "com..acme, gauge, 'com..acme' cannot be the group",
        "com.my-firm, gauge, 'com.my-firm' cannot be the group",
        "com.class, gauge, 'com.class' cannot be the group",
        "Com Acme, gauge, 'Com Acme' cannot be the group"})
    void refusesADeviceThatCannotBeCalledSo(String group, String name, String told) throws Exception {
        jdk(places.resolve("jdk"), "25.0.3");
        Outcome outcome = sterna(Map.of(), "new", group, name);
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().contains(told), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @Test
    void makesNoDeviceWhereThereIsSomethingOrFromNothing() throws Exception {
        jdk(places.resolve("jdk"), "25.0.3");
        assertEquals(2, sterna(Map.of(), "new", "com.acme").code());
        Outcome there = sterna(Map.of(), "new", "com.acme", "places");
        assertEquals(1, there.code());
        assertTrue(there.err().contains("there is a places here already"), there.err());
        Outcome nothing = sterna(Map.of("STERNA_REPOSITORY", folder.toUri().toString()), "new", "com.acme", "gauge");
        assertEquals(1, nothing.code());
        assertTrue(nothing.err().contains("there is no archetype in file:"), nothing.err());
    }

    @Test
    void makesADeviceOnlyIfMavenDoes() throws Exception {
        jdk(places.resolve("jdk"), "25.0.3");
        Files.createDirectories(folder.resolve("org/sterna/device-archetype/1.0.0"));
        Map<String, String> repository = Map.of("STERNA_REPOSITORY", "file://" + folder);
        program(old.resolve("bin/mvn"), "exit 7");
        assertEquals(new Outcome(1, "", ""), sterna(repository, "new", "com.acme", "my-gauge"));
        program(old.resolve("bin/mvn"), "mkdir my-gauge && echo \"$@\" > my-gauge/arguments");
        assertEquals(new Outcome(0, "my-gauge is a new device; build and test it: cd my-gauge && mvn verify", ""),
            sterna(repository, "new", "com.acme", "my-gauge", "-Dextra=1"));
        String arguments = Files.readString(folder.resolve("my-gauge/arguments"));
        assertTrue(arguments.contains(" -DartifactId=my-gauge -DclassName=MyGauge "), arguments);
        assertTrue(arguments.endsWith(" -Dextra=1\n"), arguments);
    }
}
