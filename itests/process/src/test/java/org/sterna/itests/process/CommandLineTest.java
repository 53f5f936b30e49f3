package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTest {
    private static final String DRILL = Sterna.root().resolve("guest.drill/drill.img").toString();

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

    private void refused(int code, String message, String... arguments) throws Exception {
        var result = sterna.run(arguments);
        assertEquals(code, result.code(), result.err());
        assertTrue((result.out() + result.err()).contains(message), result.out() + result.err());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    @Test
    void mistakesAreNamedWithWhatWasMeant() throws Exception {
        refused(2, "did you mean virtio-blk?", "run", "--device", "virtio-blok", "--kernel", DRILL);
        refused(2, "did you mean drive?", "run", "--device", "virtio-blk,drice=x", "--kernel", DRILL);
        refused(2, "did you mean virt-1.0 or virt-1.1 or virt-1.2?", "run", "--machine", "virt-1.9", "--kernel", DRILL);
        refused(2, "--memory", "run", "--memory", "lots", "--kernel", DRILL);
        refused(2, "migrate", "migrat", "a", "b");
        refused(1, "/virtio-blk@0", "run", "--device", "virtio-blk,drive=" + folder.resolve("none.img"), "--kernel", DRILL);
    }

    /** A guest of four instructions, which tells SiFive's test finisher how it ended. */
    private Path guestThatEnds(int word) throws IOException {
        var code = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        code.putInt(0x0010_02b7);                                   // lui  t0, 0x100: the finisher's address
        code.putInt(0x337 | word & 0xffff_f000);                    // lui  t1, the upper bits of the word
        code.putInt(0x30313 | word << 20);                          // addi t1, t1, the others
        code.putInt(0x0062_a023);                                   // sw   t1, 0(t0)
        return Files.write(folder.resolve("guest" + word), code.array());
    }

    @Test
    void theExitCodeSaysHowTheGuestEnded() throws Exception {
        var off = sterna.run("run", "--memory", "16M", "--kernel", guestThatEnds(0x5555).toString(), "--json",
            "--control", sterna.control("off"));
        assertEquals(0, off.code(), off.err());
        assertEquals("stopped", off.json().path("end").asText());
        var failed = sterna.run("run", "--memory", "16M", "--kernel", guestThatEnds(0x7_3333).toString(), "--json",
            "--control", sterna.control("failed"));
        assertEquals(1, failed.code(), failed.err());
        assertEquals("panicked", failed.json().path("end").asText());
        assertEquals("the guest has ended with failure code 7", failed.json().path("why").asText());
        assertTrue(failed.err().contains("the guest has ended with failure code 7"), failed.err());
    }

    @Test
    void devicesIsOneJsonDocument() throws Exception {
        var result = sterna.run("devices", "--json");
        assertEquals(0, result.code(), result.err());
        assertTrue(result.json().get("installed").toString().contains("\"virtio-blk\""));
        assertEquals(0, sterna.run("device", "help", "virtio-blk").code());
    }

    /** What watches the folder would wait for itself, since it could use a package of the bundle. */
    @Test
    void aBundleInAWatchedFolderRestartsNothing() throws Exception {
        var manifest = new Manifest();
        manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "org.example.log");
        manifest.getMainAttributes().putValue("Export-Package", "org.osgi.service.log;version=1.3");
        Path watched = Files.createDirectory(folder.resolve("watched"));
        try (var jar = new JarOutputStream(Files.newOutputStream(watched.resolve("log.jar")), manifest)) {
            jar.finish();
        }
        var result = sterna.run("devices", "--watch", watched.toString());
        assertEquals(0, result.code(), result.err());
    }

    @Test
    void aDiskInUseIsRefusedAndTheMachineThatUsesItRunsOn() throws Exception {
        Path disk = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        var first = sterna.guest("first", "virt-1.0", "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk);
        refused(1, "disk.img", "run", "--name", "second", "--control", sterna.control("second"), "--kernel", DRILL,
            "--device", "virtio-blk,drive=" + disk);
        assertTrue(first.process().isAlive());
    }

    @Test
    void aPeerThatIsNoSternaCostsOneLine() throws Exception {
        var guest = sterna.guest("guest", "virt-1.0", "--device", "serial,backend=stdio");
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> answerAll(server));
            refused(1, "127.0.0.1", "migrate", sterna.control("guest"), "tcp:127.0.0.1:" + server.getLocalPort());
        }
        assertEquals("running", sterna.run("status", sterna.control("guest"), "--json").json().get("phase").asText().toLowerCase());
        assertTrue(guest.process().isAlive());
    }

    private static void answerAll(ServerSocket server) {
        try {
            while (true) {
                var socket = server.accept();
                socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(20).getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
            }
        } catch (IOException closed) {
            assertTrue(server.isClosed());
        }
    }
}
