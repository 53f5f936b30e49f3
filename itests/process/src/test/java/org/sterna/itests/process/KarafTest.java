package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does in an unmodified Karaf what docs/osgi.md says of it, and sees what the page shows; a guest outlives Karaf's restart. */
class KarafTest {
    private static final String PAGE = "docs/osgi.md";
    private static final String SECTION = "Apache Karaf";
    private static final String CONTROL = "\u001b\\[[0-9;?]*[A-Za-z]|\u001b[=>]|\r";
    private static final Pattern PROVISIONING = Pattern.compile("Active.*Sterna core: bundles from repositories");
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path folder;
    private Sterna sterna;
    private ConfiguredGuest guest;

    @BeforeEach
    void theArchive() throws IOException {
        sterna = new Sterna(folder);
        guest = new ConfiguredGuest(folder);
        try (Stream<Path> archives = Files.list(Path.of("target/karaf"))) {
            for (Path archive : archives.toList()) {
                Files.createSymbolicLink(folder.resolve(archive.getFileName()), archive.toAbsolutePath());
            }
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    @Test
    void everyLineIsTrueAndTheGuestGoesOnWhereItWas() throws Exception {
        List<String> shell = Transcript.of(PAGE, SECTION, "$ ").stream().map(Transcript.Step::command).toList();
        List<Transcript.Step> console = Transcript.of(PAGE, SECTION, "karaf@root()> ");
        assertTrue(!shell.isEmpty() && !console.isEmpty(), "the page has a transcript");
        String start = shell.getLast();
        Path karaf = prepare(String.join(" && ", shell.subList(0, shell.size() - 1)));

        Sterna.Background first = start(karaf, start);
        for (Transcript.Step step : console) {
            if (step.command().equals("machine:list")) {
                guest.configure(karaf.resolve("etc"));
                guest.await(2);
            }
            enter(first, step.command(), step::isIn);
        }
        enter(first, "bundle:list", text -> PROVISIONING.matcher(text).find());
        stop(first);
        assertTrue(Files.exists(guest.snapshot()));
        long seen = guest.await(0).seq();

        Sterna.Background second = start(karaf, start);
        assertEquals(0, guest.await(seen + 2).violations());
        for (Transcript.Step step : console) {
            if (step.command().startsWith("machine:")) {
                enter(second, step.command(), step::isIn);
            }
        }
        stop(second);
        assertTrue(guest.wasBootedOnce());
    }

    /** The configuration names no folder for its guest. */
    @Test
    void aSavedGuestOutlivesItsFeature() throws Exception {
        List<String> shell = Transcript.of(PAGE, SECTION, "$ ").stream().map(Transcript.Step::command).toList();
        Path karaf = prepare(String.join(" && ", shell.subList(0, shell.size() - 1)));
        Sterna.Background console = start(karaf, shell.getLast());
        for (Transcript.Step step : Transcript.of(PAGE, SECTION, "karaf@root()> ").subList(0, 3)) {
            enter(console, step.command(), step::isIn);
        }
        guest.configureWithoutSnapshots(karaf.resolve("etc"));
        guest.await(2);
        enter(console, "feature:uninstall sterna", text -> Files.exists(karaf.resolve("guests/guest.sterna")));
        long seen = guest.await(0).seq();
        enter(console, "feature:install sterna", text -> !Files.exists(karaf.resolve("guests/guest.sterna")));
        assertEquals(0, guest.await(seen + 2).violations());
        stop(console);
        assertTrue(guest.wasBootedOnce());
    }

    /** What the page does before Karaf is started; besides, it gets ports that nobody else has. Gives Karaf's folder. */
    private Path prepare(String commands) throws Exception {
        Sterna.Background done = bash(commands + " && pwd");
        assertEquals(0, done.process().waitFor(), done.errText());
        Path karaf = Path.of(Sterna.text(done.out()).strip());
        try (var ssh = new ServerSocket(0); var registry = new ServerSocket(0); var server = new ServerSocket(0)) {
            set(karaf.resolve("etc/org.apache.karaf.shell.cfg"), "sshPort", ssh);
            set(karaf.resolve("etc/org.apache.karaf.management.cfg"), "rmiRegistryPort", registry);
            set(karaf.resolve("etc/org.apache.karaf.management.cfg"), "rmiServerPort", server);
        }
        return karaf;
    }

    private static void set(Path file, String property, ServerSocket socket) throws IOException {
        String before = Files.readString(file);
        String after = before.replaceAll("(?m)^" + property + " .*", property + " = " + socket.getLocalPort());
        assertTrue(!after.equals(before), property);
        Files.writeString(file, after);
    }

    private Sterna.Background bash(String command) throws IOException {
        return sterna.startProgram(List.of("bash", "-c", "cd " + folder + " && " + command), environment());
    }

    private static Map<String, String> environment() {
        return Map.of("JAVA_HOME", System.getProperty("java.home"), "STERNA", Sterna.root().toString(), "TERM", "xterm");
    }

    private Sterna.Background start(Path karaf, String command) throws IOException {
        return sterna.startAtTerminal("cd " + karaf + " && exec " + command, environment());
    }

    private static void type(Sterna.Background karaf, String command) throws IOException {
        var keyboard = karaf.process().getOutputStream();
        keyboard.write((command + "\r").getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }

    /** Types a command until it is there: the console comes up before some of those who bring commands. */
    private static void enter(Sterna.Background karaf, String command, Predicate<String> done) throws Exception {
        String missing = "Command not found: " + command.split(" ")[0];
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean retry;
        do {
            assertTrue(System.nanoTime() < deadline, () -> Sterna.text(karaf.out()));
            int before = count(missing, plain(Sterna.text(karaf.out())));
            type(karaf, command);
            Sterna.await(karaf.out(), text -> done.test(plain(text)) || count(missing, plain(text)) > before, karaf);
            retry = count(missing, plain(Sterna.text(karaf.out()))) > before;
        } while (retry);
    }

    /** Without the colours and movements of a terminal: Karaf prints the name of a missing command in bold. */
    private static String plain(String text) {
        return text.replaceAll(CONTROL, "");
    }

    private static int count(String words, String text) {
        return text.split(words, -1).length - 1;
    }

    private static void stop(Sterna.Background karaf) throws Exception {
        type(karaf, "system:shutdown -f");
        assertTrue(karaf.process().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), () -> Sterna.text(karaf.out()));
    }
}
