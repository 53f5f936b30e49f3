package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes with devices that hang or throw (itests/faulty-devices): everybody else goes on, the control sockets
 * answer, the process ends when it is told to, and the terminal shows no stack trace.
 */
@Timeout(300)
class FaultyDeviceTest {
    private static final String FAULTY = "org.sterna.itests.faulty-devices";
    private static final String VERSION = "99.0.0";
    private static final String USER = System.getProperty("user.name");
    private static final String ERROR = "java.lang.NoClassDefFoundError: org/example/Missing";
    /** So long a process may take to end; what hangs would hang for ever. */
    private static final long ENDING_SECONDS = 30;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(120);

    @TempDir
    Path folder;
    private Sterna sterna;
    private Path faults;
    private Path bundles;

    @BeforeEach
    void open() throws IOException {
        sterna = new Sterna(folder);
        faults = Files.createDirectory(folder.resolve("faults"));
        bundles = Files.createDirectory(folder.resolve("bundles"));
        try (Stream<Path> installed = Files.list(Sterna.root().resolve("launcher/target/devices"))) {
            for (Path jar : installed.toList()) {
                Files.copy(jar, bundles.resolve(jar.getFileName()));
            }
        }
        Files.copy(faultyDevices(), bundles.resolve("faulty.jar"));
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private static Path faultyDevices() {
        return Sterna.root().resolve("itests/faulty-devices/target/" + FAULTY + "-" + VERSION + ".jar");
    }

    private Map<String, String> environment() {
        return Map.of("STERNA_JAVA_OPTS", "-Dorg.sterna.itests.faults=" + faults, "USER", USER,
            "XDG_RUNTIME_DIR", folder.toString(), "XDG_STATE_HOME", folder.resolve("state").toString());
    }

    /** From now on a method of the devices of a type fails. */
    private void fault(String method, String how) throws IOException {
        Path written = Files.writeString(faults.resolve("new"), how);
        Files.move(written, faults.resolve(method), StandardCopyOption.ATOMIC_MOVE);
    }

    private void awaitHanging(String method) throws Exception {
        await("the call of " + method, () -> Files.exists(faults.resolve(method + ".hangs")));
    }

    /** What may fail to be looked at. */
    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(String what, Condition condition) throws IOException {
        long deadline = System.nanoTime() + PATIENCE;
        while (!condition.holds()) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what);
            LockSupport.parkNanos(20_000_000);
        }
    }

    private Path disk(String name) throws IOException {
        Path disk = folder.resolve(name + ".disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        return disk;
    }

    private static int reports(Path console) {
        return Sterna.text(console).split("DRILL report", -1).length;
    }

    /** Memory and disk are whole; a clock that jumps may be that of a busy host. */
    private static void awaitWork(Path console) throws IOException {
        int before = reports(console);
        await("the work of the guest on " + console, () -> reports(console) > before + 2);
        String seen = Sterna.text(console);
        assertFalse(seen.contains("DRILL violation ram") || seen.contains("DRILL violation disk"), seen);
    }

    /** Tells a process to end. */
    private static void end(Sterna.Background process) throws InterruptedException {
        process.process().destroy();
        assertTrue(process.process().waitFor(ENDING_SECONDS, TimeUnit.SECONDS),
            () -> "it does not end: " + process.errText());
    }

    private void answersWhileItsGuestIsAwaited(String name, String destination) throws Exception {
        var status = sterna.run("status", sterna.control(name));
        assertEquals(0, status.code(), status.err());
        assertTrue(status.out().contains("to " + sterna.endpoint(destination) + " is under way since"), status.out());
        String refused = sterna.qmp(name, "cont").at("/error/desc").asText();
        assertTrue(refused.contains("it cannot go on now: a migration to " + sterna.endpoint(destination)), refused);
        assertTrue(sterna.qmp(destination, "query-status").has("return"), "the destination answers too");
    }

    /**
     * The clock takes nothing that others may want, so that the source need not wait until it returns. A disk that
     * hangs is kept until its process ends.
     */
    @Test
    void aDestinationWhoseDeviceHangsInAttachGoesOnAndCanBeEnded() throws Exception {
        var one = sterna.guest("one", "virt-1.3", "--device", "serial,backend=stdio", "--device", "pvclock");
        var two = sterna.guest("two", "virt-1.3", "--device", "serial,backend=stdio", "--device",
            "virtio-blk,drive=" + disk("two"));
        var there = sterna.receiverIn(environment(), "there", "--bundles", bundles.toString());
        var other = sterna.receiverIn(environment(), "other", "--bundles", bundles.toString());
        fault("pvclock.attach", "HANG");
        fault("virtio-blk.attach", "HANG");
        assertTrue(sterna.migrate("one", sterna.endpoint("there")).has("return"));
        assertTrue(sterna.migrate("two", sterna.endpoint("other")).has("return"));
        awaitHanging("pvclock.attach");
        awaitHanging("virtio-blk.attach");
        answersWhileItsGuestIsAwaited("one", "there");
        answersWhileItsGuestIsAwaited("two", "other");

        end(other);
        awaitWork(two.out());
        assertEquals("failed", sterna.qmp("two", "query-migrate").at("/return/status").asText());

        await("the limit", () -> sterna.qmp("one", "query-migrate").at("/return/status").asText().equals("failed"));
        String reasons = sterna.qmp("one", "query-migrate").at("/return/x-sterna-reasons").toString();
        assertTrue(reasons.contains("/pvclock@0")
            && reasons.contains(FAULTY + " " + VERSION + " has not returned from attach() in "), reasons);
        awaitWork(one.out());
        Files.delete(faults.resolve("virtio-blk.attach"));
        var next = sterna.run("migrate", sterna.control("two"), sterna.endpoint("there"));
        assertEquals(0, next.code(), next.out() + next.err());
        awaitWork(there.out());
        end(there);
        awaitWork(one.out());
    }

    private Path console(String name) {
        return folder.resolve(name + ".console");
    }

    private Path configure(Path machines, String name) throws IOException {
        return Files.writeString(machines.resolve("org.sterna.machine-" + name + ".config"), """
            machine="virt-1.3"
            memory="64M"
            board=["kernel\\=%s","append\\=drill.rate\\=500 drill.pages\\=2048 drill.report\\=100"]
            devices=["serial,backend\\=file,path\\=%s","virtio-blk,drive\\=%s"]
            stop="snapshot"
            """.formatted(Sterna.root().resolve("guest.drill/drill.img"), console(name), disk(name)));
    }

    private void answers(String machine) throws Exception {
        var status = sterna.run(environment(), "status", machine);
        assertEquals(0, status.code(), status.err());
        assertTrue(status.out().startsWith(machine + ": virt-1.3, running"), status.out());
        var queried = sterna.qmp("sterna-" + USER + "/" + machine, "query-status");
        assertEquals("running", queried.at("/return/status").asText(), queried::toString);
    }

    @Test
    void aShellEndsAlthoughADiskHangsAndSavesTheNeighbourWhoseMigrationIsSlow() throws Exception {
        Path machines = Files.createDirectory(folder.resolve("machines"));
        Path stuck = configure(machines, "stuck");
        configure(machines, "neighbour");
        var shell = sterna.startWithInput(environment(), "shell", "--machines", machines.toString(), "--bundles",
            bundles.toString());
        awaitWork(console("stuck"));
        awaitWork(console("neighbour"));
        fault("virtio-blk.io", "HANG drive=" + disk("stuck"));
        awaitHanging("virtio-blk.io");
        answers("stuck");
        answers("neighbour");
        awaitWork(console("neighbour"));

        sterna.receiver("away");
        var migrate = sterna.start(environment(), "migrate", "neighbour", sterna.endpoint("away"), "--bandwidth",
            "10000");
        sterna.awaitPrecopy("sterna-" + USER + "/neighbour");
        shell.process().destroy();
        assertTrue(shell.process().waitFor(120, TimeUnit.SECONDS), shell::errText);
        migrate.process().waitFor();
        String said = shell.errText();
        assertTrue(Files.exists(machines.resolve("neighbour.sterna")), said);
        assertTrue(said.contains("machine neighbour: a migration is cancelled, since the guest has to be saved"), said);
        assertTrue(said.contains("machine stuck is lost, since it cannot be saved: /virtio-blk@0: "), said);

        Files.delete(stuck);
        var again = sterna.startWithInput(environment(), "shell", "--machines", machines.toString());
        awaitWork(console("neighbour"));
        assertEquals(1, Pattern.compile(" seq=1 ").matcher(Sterna.text(console("neighbour"))).results().count(),
            "it was booted once");
        end(again);
    }

    private static void assertSaidWithoutStack(String printed) {
        assertTrue(printed.contains("/virtio-blk@0: " + FAULTY + " " + VERSION + " has failed in create(): " + ERROR),
            printed);
        assertFalse(printed.contains("\tat "), printed);
    }

    /** How many stack traces of the error are in the logs of all processes. */
    private long logged() throws IOException {
        var all = new StringBuilder();
        try (Stream<Path> files = Files.list(folder.resolve("state/sterna"))) {
            files.filter(file -> file.toString().endsWith(".log")).forEach(file -> all.append(Sterna.text(file)));
        }
        return Pattern.compile(ERROR + "\\R\tat ").matcher(all).results().count();
    }

    @Test
    void theStackTraceOfAnErrorInCreateIsInTheLogAndNotOnTheTerminal() throws Exception {
        fault("virtio-blk.create", "ERROR");
        var run = sterna.run(environment(), sterna.drill("fails", "virt-1.3", "--bundles", bundles.toString(),
            "--device", "virtio-blk,drive=" + disk("fails")));
        assertEquals(1, run.code(), run.err());
        assertEquals("", run.out());
        assertSaidWithoutStack(run.err());
        assertEquals(1, run.err().lines().filter(line -> line.startsWith("sterna: ")).count(), run.err());
        assertTrue(run.err().contains("(stack trace in " + folder.resolve("state/sterna") + ")"), run.err());
        assertEquals(1, logged());

        Path watched = Files.createDirectory(folder.resolve("watched"));
        var guest = sterna.start(environment(), sterna.drill("guest", "virt-1.3", "--watch", watched.toString(),
            "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk("guest")));
        awaitWork(guest.out());
        Files.move(Files.copy(faultyDevices(), folder.resolve("faulty.jar")), watched.resolve("faulty.jar"));
        var swap = new Sterna.Result[1];
        await("the new version", () -> {
            swap[0] = swap("guest");
            return !swap[0].err().contains("no virtio-blk " + VERSION + " is installed");
        });
        assertEquals(1, swap[0].code(), swap[0].out() + swap[0].err());
        assertSaidWithoutStack(swap[0].out() + swap[0].err());
        assertFalse(guest.errText().contains("\tat "), guest.errText());
        assertEquals(2, logged());
        awaitWork(guest.out());
    }

    private Sterna.Result swap(String machine) throws IOException {
        try {
            return sterna.run("swap", sterna.control(machine), "/virtio-blk@0", VERSION);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
