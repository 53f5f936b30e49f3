package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sample devices are built and tested against the released API alone, and found by a guest under this build. */
class SamplesTest {
    private static final int MOST_LINES = 300;

    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void open() {
        sterna = new Sterna(folder);
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    @ParameterizedTest
    @CsvSource({"virtio-rng, queue 0 = up to 64 descriptors", "virtio-console, queue 1 = up to 64 descriptors"})
    void aSampleIsBuiltAndFoundByAGuest(String type, String told) throws Exception {
        Path sample = Sterna.root().resolve("samples").resolve(type);
        assertTrue(lines(sample.resolve("src/main/java")) < MOST_LINES, type + " is meant to be small");
        Path released = Sterna.root().resolve("cnf/repository");
        var author = new Author(sterna, released, folder);
        author.run(folder, "cp -r " + sample + " . && cd " + type + " && rm -rf target && mvn -B -ntp -q verify"
            + " -Dsterna.repository=file://" + released);
        String jars = folder.resolve(type).resolve("target").toString();
        var devices = sterna.run("devices", "--watch", jars, "--json");
        assertTrue(devices.json().get("installed").toString().contains("\"" + type + "\""), devices.out());
        var guest = sterna.run("run", "--watch", jars, "--memory", "16M", "--device", type, "--control", sterna.control("guest"),
            "--kernel", Sterna.root().resolve("guest.drill/probe.img").toString());
        assertEquals(0, guest.code(), guest.err());
        assertTrue(guest.out().contains(told), guest.out());
        assertTrue(guest.out().contains("status running with all features = 0xf"), guest.out());
    }

    private static long lines(Path sources) throws IOException {
        long lines = 0;
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                lines += Files.readAllLines(file).size();
            }
        }
        return lines;
    }
}
