package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.felix.gogo.jline.Shell;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.jline.reader.Candidate;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;

/** What the Tab key does in Gogo's own shell with JLine, which has been told nothing of the commands. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class CompletionTest {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    CommandProcessor processor;
    @InjectService(timeout = 10_000)
    Shell shell;
    @InjectService(timeout = 10_000, filter = "(osgi.command.scope=migration)")
    Object migrationCommands;
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    ConfigurationAdmin admin;
    @TempDir
    Path folder;
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private PipedOutputStream keyboard;
    private Terminal terminal;
    private CommandSession session;
    private Thread user;

    @BeforeEach
    void open() throws IOException {
        keyboard = new PipedOutputStream();
        terminal = new ExternalTerminal("test", "ansi", new PipedInputStream(keyboard), screen, StandardCharsets.UTF_8);
        terminal.setSize(new Size(160, 40));
        session = processor.createSession(terminal.input(), terminal.output(), terminal.output());
        session.put(Shell.VAR_TERMINAL, terminal);
        user = Thread.ofPlatform().start(() -> {
            try {
                shell.gosh(session, new String[] {"--login", "--noshutdown", "--nohistory"});
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        awaitShown("g! ");
    }

    @AfterEach
    void close() throws Exception {
        keyboard.close();
        user.join();
        session.close();
        terminal.close();
        machines.running().forEach(Machine::close);
    }

    private void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what + ": " + screen);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private void awaitShown(String text) {
        await(text, () -> screen.toString(StandardCharsets.UTF_8).contains(text));
    }

    private Machine machine(String name) {
        Machine machine = machines.create(new MachineDefinition(name, "virt-1.0", 1 << 20, 1, Map.of(), Map.of(),
            List.of(new DeviceDefinition("serial", Map.of()),
                new DeviceDefinition("pvclock", Map.of(Machines.BUNDLE, "1.2.0")))));
        machine.attach();
        machine.restored();
        return machine;
    }

    /** All that the completer offers for a line. */
    private List<Candidate> candidates(String line) {
        var reader = (LineReaderImpl) Shell.getReader(session);
        ParsedLine parsed = reader.getParser().parse(line, line.length(), Parser.ParseContext.COMPLETE);
        var candidates = new ArrayList<Candidate>();
        reader.getCompleter().complete(reader, parsed, candidates);
        return candidates;
    }

    /** The words that a line can go on with. */
    private List<String> words(String line) {
        String begun = line.substring(line.lastIndexOf(' ') + 1);
        return candidates(line).stream().map(Candidate::value).filter(word -> word.startsWith(begun)).sorted().toList();
    }

    @Test
    void commandsAreExplained() {
        var list = candidates("machine:l").stream().filter(candidate -> candidate.value().equals("machine:list")).toList();
        assertEquals(1, list.size());
        assertTrue(list.getFirst().descr().startsWith("list the machines of this framework"), list.getFirst().descr());
        assertTrue(candidates("").stream().noneMatch(candidate -> candidate.value().contains("sterna")));
    }

    @Test
    void namesOfMachines() throws Exception {
        machine("one");
        machine("other");
        for (String command : List.of("machine:status", "machine:pause", "machine:resume", "machine:close", "device:swap",
                "migration:check", "migration:migrate", "migration:snapshot")) {
            assertEquals(List.of("one", "other"), words(command + " o"), command);
        }
        assertEquals(List.of("other"), words("migration:snapshot --stop ot"));
        assertEquals(List.of(), words("machine:status one o"));
        assertEquals(List.of(), words("migration:check one o"));
        assertEquals(List.of(), words("machine:list o"));
        try (var configured = new Configured(context, admin)) {
            configured.put("offended", Map.of("memory", "7"));
            // The commands hear of it by themselves, a little before or after anybody else.
            await("the machine that cannot be made",
                () -> words("machine:status o").equals(List.of("offended", "one", "other")));
            assertEquals(List.of("one", "other"), words("machine:pause o"), "there is nothing to pause");
        }
    }

    @Test
    void devicesAndVersionsOfASwap() throws Exception {
        try (var releases = new Releases()) {
            assertTrue(releases.count() > 3);
            machine("one");
            assertEquals(List.of("/pvclock@0", "/serial@0"), words("device:swap one "));
            assertEquals(List.of("/pvclock@0"), words("device:swap --check one /p"));
            assertEquals(List.of("1.0.0", "1.0.1", "1.1.0"), words("device:swap one /pvclock@0 "), "all but its own");
            assertEquals(List.of(), words("device:swap one /pvclock@0 1.0.0 "));
            assertEquals(List.of("pvclock", "serial", "virtio-blk"), words("device:swap --all "));
            assertEquals(List.of("1.0.0", "1.0.1", "1.1.0", "1.2.0"), words("device:swap -a pvclock "));
            assertEquals(List.of(), words("device:swap nobody "));
            assertEquals(List.of("riscv64", "serial"), words("device:describe ").stream()
                .filter(type -> type.matches("[rs].*")).toList());
        }
    }

    @Test
    void optionsAndWhatTheyTake() {
        machine("one");
        assertEquals(List.of("--accept-loss", "--all", "--check"), words("device:swap --"));
        assertEquals("only ask for the verdict", candidates("device:swap --c").stream()
            .filter(candidate -> candidate.value().equals("--check")).findFirst().orElseThrow().descr());
        assertEquals(List.of("/pvclock@0.systemTime"), words("device:swap --accept-loss /pvclock@0.s"));
        assertEquals(List.of("/pvclock@0.systemTime"), words("migration:migrate -l /pvclock@0.s"));
        assertEquals(List.of("one"), words("migration:migrate -l /pvclock@0.systemTime "));
        assertEquals(List.of("--stop", "-s"), words("migration:snapshot -").stream().sorted().toList());
    }

    @Test
    void filesOfSnapshotsAndReceivers() throws Exception {
        machine("one");
        Path file = Files.createFile(folder.resolve("guest.sterna"));
        assertEquals(List.of(file.toString()), words("migration:snapshot one " + folder.resolve("gu")));
        session.execute("migration:receive coming tcp:127.0.0.1:0");
        assertEquals(List.of("coming"), words("migration:cancel "));
        session.execute("migration:cancel coming");
        assertEquals(List.of(), words("migration:cancel "));
    }

    /** Key by key: the name of the command is completed, then the machine's, and the command is done. */
    @Test
    void theTabKey() throws Exception {
        machine("completed");
        keyboard.write("machine:sta\tcompl\t\r".getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
        awaitShown("completed: virt-1.0, paused");
    }

    @Test
    void comesAndGoesWithTheCommands() throws Exception {
        machine("one");
        Bundle gogo = Arrays.stream(context.getBundles())
            .filter(bundle -> bundle.getSymbolicName().equals("org.sterna.core.gogo")).findFirst().orElseThrow();
        gogo.stop();
        try {
            assertEquals(List.of(), words("machine:status "));
            assertFalse(Shell.getCompletions(session).containsKey("machine:status"), "nothing of it is kept");
            assertTrue(Shell.getCompletions(session).containsKey("gogo:ls"));
        } finally {
            gogo.start();
        }
        await("the commands", () -> candidates("").stream().anyMatch(candidate -> candidate.value().equals("migration:cancel")));
        session.execute("echo anything");
        assertEquals(List.of("one"), words("machine:status "));
    }
}
