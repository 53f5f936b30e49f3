package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line reaches every machine of a shell's framework. */
class FleetTest {
    private static final int MACHINES = 50;
    /** The one whose driver uses what the released disk does not have. */
    private static final int FUSSY = 25;
    private static final String RELEASED = "1.0.0";

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

    private static String name(int number) {
        return "m" + (100 + number);
    }

    /** A folder with configurations of machines. */
    private Path folder(String name) throws IOException {
        return Files.createDirectory(folder.resolve(name));
    }

    private void configure(Path machines, int number, String... more) throws IOException {
        Path disk = folder.resolve(name(number) + ".disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        Files.writeString(machines.resolve("org.sterna.machine-" + name(number) + ".config"), """
            machine="%s"
            memory="16M"
            board=["kernel\\=%s","append\\=drill.rate\\=1 drill.pages\\=16 drill.disk-rate\\=1 drill.report\\=1000"]
            devices=["serial","virtio-blk,drive\\=%s"]
            """.formatted(number == FUSSY ? "virt-1.1" : "virt-1.0", Sterna.root().resolve("guest.drill/drill.img"), disk)
            + String.join("", more));
    }

    private Sterna.Background shell(Path machines, String... more) throws IOException {
        var shell = sterna.startWithInput(environment(), Stream.concat(Stream.of("shell", "--machines", machines.toString()),
            Stream.of(more)).toArray(String[]::new));
        type(shell, "machine:list");
        return shell;
    }

    private Map<String, String> environment() {
        return Map.of("XDG_RUNTIME_DIR", folder.toString());
    }

    private static void type(Sterna.Background shell, String command) throws IOException {
        var input = shell.process().getOutputStream();
        input.write((command + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    private static String newest() throws IOException {
        var jar = Pattern.compile("org\\.sterna\\.device\\.virtio-blk-(.*)\\.jar");
        try (Stream<Path> devices = Files.list(Sterna.root().resolve("launcher/target/devices"))) {
            return devices.map(file -> jar.matcher(file.getFileName().toString())).filter(name -> name.matches())
                .map(name -> name.group(1)).findFirst().orElseThrow();
        }
    }

    /** Goes through all machines, in the order of their names; fifty guests keep a small host busy. */
    private JsonNode roll(String version, int code) throws Exception {
        var result = sterna.run(environment(), "swap", "--all", "virtio-blk", version, "--one-at-a-time", "--limit", "30000", "--json");
        assertEquals(code, result.code(), result.err());
        return result.json().path("swaps");
    }

    /** Waits until a guest's driver has said what it uses. */
    private void awaitDriver(String machine) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!sterna.run(environment(), "status", machine, "--json").out().contains("discard")) {
            assertTrue(System.nanoTime() < deadline, "the driver has not come up");
        }
    }

    private static List<String> done(JsonNode swaps) {
        return swaps.valueStream().filter(swap -> swap.path("done").asBoolean()).map(swap -> swap.path("machine").asText()).toList();
    }

    @Test
    void aRollStopsAtTheFirstThatFailsAndTheOthersKeepWhatTheyHave() throws Exception {
        Path machines = folder("machines");
        for (int i = 0; i < MACHINES; i++) {
            configure(machines, i);
        }
        var before = Stream.iterate(0, i -> i + 1).limit(FUSSY).map(FleetTest::name).toList();

        var shell = shell(machines, "--watch", Sterna.root().resolve("cnf/release").resolve(RELEASED).toString());
        Sterna.await(shell.out(), text -> text.contains(name(MACHINES - 1)), shell);
        assertEquals(MACHINES, Sterna.text(shell.out()).lines().filter(line -> line.contains("running")).count());

        awaitDriver(name(FUSSY));

        JsonNode down = roll(RELEASED, 1);
        assertEquals(before, done(down));
        assertEquals(FUSSY + 1, down.size());
        assertTrue(down.path(FUSSY).path("reasons").toString().contains("discard"), down.path(FUSSY)::toString);

        assertEquals(before, done(roll(newest(), 0)), "the others have kept the newest");

        type(shell, "machine:status " + name(FUSSY));
        Sterna.await(shell.out(), text -> text.contains(name(FUSSY) + ": virt-1.1, running"), shell);
        type(shell, "exit");
        assertTrue(shell.process().waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, shell.process().exitValue(), shell.errText());
        assertFalse(Files.exists(folder.resolve("sterna-" + System.getProperty("user.name")).resolve(name(0) + ".sock")));
    }

    /** A folder of signed devices, with the certificate beside it, and one that has only the serial device. */
    private void prepareStore() throws IOException, InterruptedException {
        var done = sterna.startProgram(List.of("bash", "-ec", """
            cd "$FOLDER" && mkdir store few && cp "$DEVICES"/*.jar store && cp "$DEVICES"/*serial*.jar few
            keytool -genkeypair -alias me -keyalg EC -dname CN=Me -keystore me.p12 -storepass changeit
            keytool -exportcert -rfc -alias me -keystore me.p12 -storepass changeit -file me.pem
            for jar in store/*.jar; do jarsigner -keystore me.p12 -storepass changeit $jar me > /dev/null; done
            """), Map.of("FOLDER", folder.toString(), "DEVICES", Sterna.root().resolve("launcher/target/devices").toString(),
            "PATH", Path.of(System.getProperty("java.home"), "bin") + ":" + System.getenv("PATH")));
        assertEquals(0, done.process().waitFor(), done.errText());
    }

    /** The other shell lacks the guest's disk, and has it brought. */
    @Test
    void aMachineIsMovedFromOneShellToAnother() throws Exception {
        Path machines = folder("machines");
        Path others = folder("others");
        configure(machines, 0);
        String line = "unix:" + folder.resolve("line");
        configure(others, 0, "name=\"there\"\n", "receive=\"" + line + "\"\n");
        prepareStore();
        Files.writeString(others.resolve("org.sterna.provisioning.config"),
            "repositories=[\"" + folder.resolve("store") + "\"]\ntrust=[\"" + folder.resolve("me.pem") + "\"]\n");
        var from = shell(machines);
        Sterna.await(from.out(), text -> text.contains("running"), from);
        var to = shell(others, "--bundles", folder.resolve("few").toString());
        Sterna.await(to.out(), text -> text.contains("waited for on " + line), to);

        var moved = sterna.run(environment(), "migrate", name(0), line, "--json");
        assertEquals(0, moved.code(), moved.err());
        assertEquals("ok", moved.json().path("result").asText(), moved.out());
        assertTrue(moved.json().path("provisions").toString().contains("org.sterna.device.virtio-blk"), moved.out());
        assertEquals("running", sterna.run(environment(), "status", "there", "--json").json().path("phase").asText());
        assertEquals(1, sterna.run(environment(), "status", name(0)).code());
        type(from, "machine:list");
        Sterna.await(from.out(), text -> text.contains("its guest has gone to " + line), from);
    }
}
