package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.terminal.impl.AbstractPosixTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code shell}, in scripts and on a terminal. */
class ShellTest {
    private static final String PAGE = "docs/osgi.md";
    private static final String SECTION = "A framework on the command line";
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final Pattern REPORT = Pattern.compile("DRILL report seq=([0-9]+) checks=[0-9]+ violations=([0-9]+) ");

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

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what);
            LockSupport.parkNanos(10_000_000);
        }
    }

    @Test
    void aScriptEndsWithTheFirstCommandThatFails() throws Exception {
        Path script = Files.writeString(folder.resolve("script"), """
            device:list | grep virtio-blk
            # A command may have several lines.
            if { true } {
                echo "so it is"
            } {
                echo "never"
            }
            machine:status lost
            echo "too late"
            """);
        var result = sterna.run("shell", script.toString());
        assertEquals(1, result.code());
        assertTrue(result.out().matches("(?s)virtio-blk +device .*\nso it is\n"), result.out());
        assertEquals("sterna: lost: no such machine (there are none)\nsterna: " + script
            + ": line 8 was the last: machine:status lost\n", result.err());
    }

    /** A guest that would read it too gets nothing of it. */
    @Test
    void standardInputIsReadCommandByCommand() throws Exception {
        Files.writeString(folder.resolve("org.sterna.machine-reader.config"),
            "memory=\"1M\"\nautostart=B\"false\"\ndevices=[\"serial,backend\\=stdio\"]\n");
        var process = new ProcessBuilder(Sterna.root().resolve("sterna").toString(), "shell", "--machines", folder.toString())
            .redirectError(folder.resolve("err").toFile());
        process.environment().put("STERNA_NO_BUILD", "1");
        Process shell = process.start();
        try (var in = shell.outputWriter(); var out = shell.inputReader()) {
            in.write("machine:list | grep created\necho one\n");
            in.flush();
            String machine = out.readLine();
            assertTrue(machine.matches("reader +virt-[0-9.]+ +created +yes"), machine);
            assertEquals("one", out.readLine(), "done before the next is there");
            in.write("exit 7\necho two\n");
            in.close();
            assertEquals(null, out.readLine());
            assertEquals(7, shell.waitFor());
            assertEquals("", Files.readString(folder.resolve("err")));
        } finally {
            shell.destroy();
        }
    }

    @Test
    void mistakesAreSaidInALine() throws Exception {
        for (List<String> mistake : List.of(List.of("2", "no such file", "shell", folder.resolve("none").toString()),
                List.of("2", "no such folder", "shell", "--machines", folder.resolve("none").toString()),
                List.of("2", "cannot be given together", "shell", "-c", "machine:list", "script"),
                List.of("1", "Command not found: nonsense", "shell", "-c", "nonsense"),
                List.of("1", "unexpected eof", "shell", "-c", "if { true } {"))) {
            var result = sterna.run(mistake.subList(2, mistake.size()).toArray(String[]::new));
            assertEquals(mistake.get(0), Integer.toString(result.code()), result.err());
            assertTrue(result.err().contains(mistake.get(1)), result.err());
            assertEquals(1, result.err().lines().count(), result.err());
        }
    }

    private Path console() {
        return folder.resolve("console");
    }

    /** The latest report of the guest: its number, and the violations. */
    private long[] report() {
        long[] last = {-1, 0};
        REPORT.matcher(Sterna.text(console())).results().forEach(found -> {
            last[0] = Long.parseLong(found.group(1));
            last[1] = Long.parseLong(found.group(2));
        });
        return last;
    }

    /** A folder with the configuration of a machine. */
    private Path machines() throws IOException {
        try (var disk = new RandomAccessFile(folder.resolve("disk").toFile(), "rw")) {
            disk.setLength(4 << 20);
        }
        Path machines = Files.createDirectory(folder.resolve("machines"));
        Files.writeString(machines.resolve("org.sterna.machine-guest.config"), """
            machine="virt-1.0"
            memory="32M"
            board=["kernel\\=%s","append\\=drill.rate\\=2000 drill.pages\\=512 drill.report\\=100"]
            devices=["serial,backend\\=file,path\\=%s","pvclock","virtio-blk,drive\\=%s"]
            stop="snapshot"
            """.formatted(Sterna.root().resolve("guest.drill/drill.img"), console(), folder.resolve("disk")));
        return machines;
    }

    @Test
    void aGuestWaitsInTheFolderWhileNoShellRuns() throws Exception {
        Path machines = machines();
        Path file = machines.resolve("org.sterna.machine-guest.config");
        String configuration = Files.readString(file);
        var listed = sterna.run("shell", "--machines", machines.toString(), "-c", "machine:list");
        assertTrue(listed.out().matches("(?s).*\nguest +virt-1.0 +running +yes\n"), listed.out() + listed.err());
        assertTrue(Files.exists(machines.resolve("guest.sterna")), "it waits");
        long first = report()[0];

        var shell = sterna.start("shell", "--machines", machines.toString(), "-c", "sleep 60");
        await("reports", () -> report()[0] > first + 1);
        assertFalse(Files.exists(machines.resolve("guest.sterna")), "it is awake");
        shell.process().destroy();
        assertEquals(143, shell.process().waitFor(), "told to end, as by Ctrl-C");
        assertTrue(Files.exists(machines.resolve("guest.sterna")), shell.errText());
        long before = report()[0];
        assertEquals(configuration, Files.readString(file), "a file is its owner's");

        shell = sterna.start("shell", "--machines", machines.toString(), "-c", "sleep 60");
        await("reports", () -> report()[0] > before + 1);
        assertEquals(0, report()[1]);
        assertEquals(1, Pattern.compile(" seq=1 ").matcher(Sterna.text(console())).results().count(), "it was booted once");

        // A new configuration is a machine at once, and one that is gone is none any more.
        Files.delete(file);
        Files.writeString(machines.resolve("org.sterna.machine-other.config"), "memory=\"1M\"\n"
            + "devices=[\"serial,backend\\=file,path\\=" + folder.resolve("other") + "\"]\nautostart=B\"true\"\n");
        await("the other machine", () -> Files.exists(folder.resolve("other")));
        shell.process().destroy();
        shell.process().waitFor();
        assertFalse(Files.exists(machines.resolve("guest.sterna")), "who deletes a machine does not want it back");
    }

    /** The script ends with the migration that has failed, and with it the only process that has the guest for sure. */
    @Test
    void aGuestOfAScriptWhoseHandOverWasNotConfirmedIsKept() throws Exception {
        Path machines = machines();
        Path kept = machines.resolve("guest.sterna.unconfirmed");
        Path near = folder.resolve("line");
        Sterna.Background receiver = sterna.receiver("there");
        try (var line = new FaultyLine(near, folder.resolve("there.in"), FaultyLine.Frame.COMMIT,
            FaultyLine.Fault.CUT_BEFORE)) {
            var script = sterna.run("shell", "--machines", machines.toString(), "-c",
                "migration:migrate guest unix:" + near);
            assertEquals(1, script.code(), script.out() + script.err());
            assertTrue(script.err().contains("it must not run here unless it is certain that it has not run there"),
                script.err());
            assertTrue(script.err().contains("it is kept in " + kept), script.err());
        }
        assertTrue(Files.exists(kept));
        assertFalse(Files.exists(machines.resolve("guest.sterna")), "nobody has decided that it goes on here");
        Sterna.await(receiver.err(), text -> text.contains("an attempt has failed"), receiver);
        receiver.process().destroy();
        receiver.process().waitFor();

        var undecided = sterna.run("shell", "--machines", machines.toString(), "-c", "machine:list");
        assertTrue(undecided.out().contains("its guest was handed over to unix:" + near),
            undecided.out() + undecided.err());
        assertTrue(Files.exists(kept));
        long seen = report()[0];

        Files.move(kept, machines.resolve("guest.sterna"));
        var shell = sterna.start("shell", "--machines", machines.toString(), "-c", "sleep 60");
        await("reports", () -> report()[0] > seen + 2);
        assertEquals(0, report()[1]);
        assertEquals(1, Pattern.compile(" seq=1 ").matcher(Sterna.text(console())).results().count(), "it was booted once");
        assertFalse(Files.exists(machines.resolve("guest.left")), "it is here");
        shell.process().destroy();
        shell.process().waitFor();
    }

    /** A session at the control socket of the guest of a shell whose run-time folder is the test's. */
    private final class Session implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader lines;

        Session() throws IOException {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(
                folder.resolve("sterna-" + System.getProperty("user.name")).resolve("guest.sock")));
            lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        }

        /** Whether the guest runs. */
        boolean isRunning() throws IOException {
            channel.write(StandardCharsets.UTF_8.encode("{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"query-status\",\"id\":1}\n"));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("\"id\":1")) {
                    return line.contains("\"status\":\"running\"");
                }
            }
            return false;
        }

        void awaitEnd() throws IOException {
            while (lines.readLine() != null) {
                // Events, and the answers before them.
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private boolean isGuestReached() {
        try (var session = new Session()) {
            return session.isRunning();
        } catch (IOException e) {
            return false;
        }
    }

    /** Whatever bundle is restarted or refreshed, its own included, a guest that runs can be reached. */
    @Test
    void theControlSocketIsBackAfterEveryRestart() throws Exception {
        Path machines = machines();
        var shell = sterna.startWithInput(Map.of("XDG_RUNTIME_DIR", folder.toString(), "USER", System.getProperty("user.name")),
            "shell", "--machines", machines.toString());
        var keyboard = shell.process().outputWriter();
        await("the control socket", this::isGuestReached);
        keyboard.write("lb -s\necho listed\n");
        keyboard.flush();
        Sterna.await(shell.out(), text -> text.contains("listed"), shell);
        String bundles = Sterna.text(shell.out());
        var uninvolved = Set.of("restart org.sterna.cpu.riscv64", "restart org.apache.felix.configadmin");
        for (String what : List.of("restart org.sterna.cpu.riscv64", "restart org.sterna.core.machine",
                "restart org.sterna.core.migration", "restart org.apache.felix.scr", "restart org.sterna.core.deployment",
                "restart org.sterna.launcher", "restart org.apache.felix.configadmin", "refresh org.apache.felix.configadmin",
                "refresh org.sterna.core.migration", "refresh org.sterna.core.machine", "refresh org.sterna.launcher")) {
            String name = what.substring(what.indexOf(' ') + 1);
            var line = Pattern.compile("(?m)^ *([0-9]+)\\|.*\\|" + Pattern.quote(name) + " ").matcher(bundles);
            assertTrue(line.find(), bundles);
            try (var before = new Session()) {
                keyboard.write((what.startsWith("restart") ? "felix:stop ID; felix:start ID" : "felix:refresh ID")
                    .replace("ID", line.group(1)) + "; echo done: " + what + "\n");
                keyboard.flush();
                Sterna.await(shell.out(), text -> text.contains("done: " + what), shell);
                if (!uninvolved.contains(what)) {
                    before.awaitEnd();
                }
            }
            await("the control socket after " + what, this::isGuestReached);
        }
        long seen = report()[0];
        await("reports", () -> report()[0] > seen);
        assertEquals(0, report()[1]);
        assertEquals(1, Pattern.compile(" seq=1 ").matcher(Sterna.text(console())).results().count(), "it was booted once");
        keyboard.write("exit 3\n");
        keyboard.close();
        assertTrue(shell.process().waitFor(60, TimeUnit.SECONDS), shell.errText());
        assertEquals(3, shell.process().exitValue(), shell.errText());
        assertTrue(Files.exists(machines.resolve("guest.sterna")), shell.errText());
        assertFalse(shell.errText().contains("told to end"), shell.errText());
    }

    /** What docs/osgi.md shows; the paths of its configuration are others here. */
    @Test
    void thePageIsTrue() throws Exception {
        for (String name : List.of("sterna", "cnf", "guest.drill")) {
            Files.createSymbolicLink(folder.resolve(name), Sterna.root().resolve(name));
        }
        Files.writeString(machines().resolve("org.sterna.machine-guest.config"),
            Files.readString(Sterna.root().resolve("docs/osgi.md")).split("```\n")[1]
                .replace("/images/drill.img", Sterna.root().resolve("guest.drill/drill.img").toString())
                .replace("/tmp/guest.console", console().toString())
                .replace("/disks/guest.img", folder.resolve("disk").toString()));
        var typed = Transcript.of(PAGE, SECTION, "sterna> ");
        assertEquals(4, typed.size());
        String keys = typed.stream().map(Transcript.Step::command).collect(Collectors.joining("\n"));
        for (Transcript.Step step : Transcript.of(PAGE, SECTION, "$ ")) {
            boolean console = step.shown().stream().anyMatch(line -> line.startsWith("sterna> "));
            String command = "cd " + folder + "; " + (console ? "echo '" + keys + "' | " : "") + step.command();
            var done = sterna.startProgram(List.of("bash", "-c", command), Map.of());
            assertEquals(0, done.process().waitFor(), done.errText());
            String text = Sterna.text(done.out()) + done.errText();
            if (console) {
                typed.forEach(line -> assertTrue(line.isIn(text), line + " printed\n" + text));
            } else {
                assertTrue(step.isIn(text), step + " printed\n" + text);
            }
        }
    }

    /** A pseudo terminal, with someone who types and reads. */
    private static final class Person implements AutoCloseable {
        private final PipedOutputStream keyboard = new PipedOutputStream();
        private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
        private final Terminal terminal;

        Person() throws IOException {
            terminal = TerminalBuilder.builder().system(false).streams(new PipedInputStream(keyboard), screen).type("xterm")
                .provider("ffm").size(new Size(160, 40)).build();
        }

        /** The device file of a program's side. */
        Path line() {
            return Path.of(((AbstractPosixTerminal) terminal).getPty().toString().replaceAll(".*\\[|\\].*", ""));
        }

        void type(String keys) throws IOException {
            keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
            keyboard.flush();
        }

        /** Waits until a text has been shown so many times. */
        void read(String text, int times) {
            await(text, () -> Pattern.compile(text, Pattern.LITERAL).matcher(text()).results().count() >= times);
        }

        /** What was shown, without colours and movements. */
        String text() {
            return screen.toString(StandardCharsets.UTF_8).replaceAll("\u001b(\\[[0-9;?]*[A-Za-z]|[=>])", "");
        }

        @Override
        public void close() throws IOException {
            terminal.close();
        }
    }

    @Test
    void linesAreCompletedAndRepeatedOnATerminal() throws Exception {
        try (var person = new Person()) {
            var line = person.line().toFile();
            var builder = new ProcessBuilder(Sterna.root().resolve("sterna").toString(), "shell",
                "--machines", machines().toString()).redirectInput(line).redirectOutput(line).redirectError(line);
            builder.environment().putAll(Map.of("STERNA_NO_BUILD", "1", "TERM", "xterm",
                "STERNA_JAVA_OPTS", "-Duser.home=" + folder));
            Process shell = builder.start();
            try {
                person.read("sterna> ", 1);
                person.type("machine:sta\tgue\t\r");
                person.read("guest: virt-1.0, running", 1);
                person.read("sterna> ", 2);
                person.type("\u0010\r");
                person.read("guest: virt-1.0, running", 2);
                person.read("sterna> ", 3);
                person.type("machine:pause nobody\r");
                person.read("nobody: no such machine", 1);
                // While a command runs, this key is the terminal's own.
                person.read("sterna> ", 4);
                person.type("\u0004");
                assertTrue(shell.waitFor(PATIENCE, TimeUnit.NANOSECONDS), person.text());
                assertEquals(0, shell.exitValue(), person.text());
            } finally {
                shell.destroyForcibly();
            }
            assertFalse(person.text().contains("\tat "), person.text());
            assertTrue(Files.exists(folder.resolve("machines/guest.sterna")));
            assertTrue(Files.readString(folder.resolve(".sterna_history")).contains("machine:status guest"));
        }
    }
}
