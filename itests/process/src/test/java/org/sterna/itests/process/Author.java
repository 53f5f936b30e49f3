package org.sterna.itests.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The author of a device, with a home and a Maven repository of his own, so that nothing of this build gets into the repository
 * of whoever runs the tests. What has been downloaded there is taken from there.
 */
final class Author {
    private static final long PATIENCE_MINUTES = 5;
    private static final String SETTINGS = """
        <settings>
          <profiles>
            <profile>
              <id>downloaded</id>
              <repositories><repository><id>downloaded</id><url>%1$s</url></repository></repositories>
              <pluginRepositories><pluginRepository><id>downloaded</id><url>%1$s</url></pluginRepository></pluginRepositories>
            </profile>
          </profiles>
          <activeProfiles><activeProfile>downloaded</activeProfile></activeProfiles>
        </settings>
        """;

    private final Sterna sterna;
    private final Map<String, String> environment;

    /**
     * An author.
     *
     * @param name       tells the home from that of another author who may work at the same time
     * @param repository where the bundles are that he builds against
     * @param runtime    where control sockets go
     */
    Author(String name, Sterna sterna, Path repository, Path runtime) throws IOException {
        this.sterna = sterna;
        Path home = Sterna.root().resolve("itests/process/target/authors").resolve(name);
        Path settings = Files.createDirectories(home.resolve(".m2")).resolve("settings.xml");
        String local = System.getProperty("maven.repo.local", System.getProperty("user.home") + "/.m2/repository");
        Files.writeString(settings, SETTINGS.formatted(Path.of(local).toUri()));
        // Of an earlier build there must be nothing.
        delete(home.resolve(".m2/repository/org/sterna"));
        environment = Map.of("MAVEN_OPTS", "-Duser.home=" + home, "STERNA_REPOSITORY", "file://" + repository,
            "XDG_RUNTIME_DIR", runtime.toString());
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Starts a command in a folder. */
    Sterna.Background start(Path folder, String command) throws IOException {
        return sterna.startProgram(List.of("bash", "-c", "cd " + folder + " && " + command), environment);
    }

    /** What a command prints, which must succeed. */
    String run(Path folder, String command) throws IOException, InterruptedException {
        Sterna.Background done = start(folder, command);
        if (!done.process().waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
            throw new AssertionError(command + " does not end: " + Sterna.text(done.out()) + done.errText());
        }
        String printed = Sterna.text(done.out()) + done.errText();
        if (done.process().exitValue() != 0) {
            throw new AssertionError(command + " has failed:\n" + printed);
        }
        return printed;
    }
}
