package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

    /** Goes through samples/README.md with each of them; one is built against an earlier release of the API, and works as well. */
    @ParameterizedTest
    @CsvSource({"virtio-rng, 1.0.0, queue 0 = up to 64 descriptors", "virtio-console, 1.1.0, queue 1 = up to 64 descriptors"})
    void aSampleIsBuiltAndFoundByAGuest(String type, String api, String told) throws Exception {
        Path sample = Sterna.root().resolve("samples").resolve(type);
        assertTrue(lines(sample.resolve("src/main/java")) < MOST_LINES, type + " is meant to be small");
        var author = new Author("samples", sterna, Sterna.root().resolve("cnf/repository"), folder);
        for (String name : List.of("sterna", "cnf", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
        Path here = folder;
        author.run(here, "mkdir samples && cp -r " + sample + " samples && rm -rf samples/" + type + "/target"
            + " && sed -i 's|\\(<sterna.version>\\).*<|\\1" + api + "<|' samples/" + type + "/pom.xml");
        var printed = new StringBuilder();
        for (Transcript.Step step : Transcript.of("samples/README.md")) {
            String command = step.command().replace("virtio-rng", type);
            if (command.startsWith("cd ")) {
                here = here.resolve(command.substring(3));
            } else {
                printed.append(author.run(here, command));
            }
        }
        String all = Transcript.plain(printed.toString());
        assertTrue(all.contains("device " + type + " 1.0.0"), all);
        assertTrue(all.contains(told), all);
        assertTrue(all.contains("status running with all features = 0xf"), all);
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
