package org.sterna.migration.internal.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/** What stands where somebody wants to listen. */
@Timeout(30)
class TransportTest {
    @TempDir
    private Path folder;
    private final Transport transport = new Transport(Timeouts.DEFAULT);

    @AfterEach
    void close() {
        transport.close();
    }

    private void listen(Path path) {
        transport.listen(new Endpoint.Unix(path), Connection::close, () -> { }).close();
    }

    @Test
    void aStaleSocketIsReplacedAndTheOwnOneDeleted() throws Exception {
        Path path = folder.resolve("landing");
        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path)).close();
        assertTrue(Files.exists(path));
        listen(path);
        assertFalse(Files.exists(path));
    }

    @Test
    void whatIsNoSocketIsKeptAndNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "precious");
        refused(file, "there is a file");
        assertEquals("precious", Files.readString(file));
        refused(Path.of("/dev/null"), "there is a device");
        Path fifo = folder.resolve("fifo");
        assumeTrue(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor() == 0, "this host has mkfifo");
        refused(fifo, "there is a FIFO");
    }

    private void refused(Path path, String expected) {
        var refusal = assertThrows(MachineException.class, () -> listen(path));
        assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
        assertTrue(Files.exists(path));
    }

    @Test
    void anAddressThatCannotBeReachedIsNamedOnce() throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var failed = assertThrows(ExecutionException.class,
            () -> transport.connect(new Endpoint.Tcp("127.0.0.1", port)).get(10, TimeUnit.SECONDS));
        assertEquals("tcp:127.0.0.1:" + port + ": cannot be reached: Connection refused (is a Sterna receiver listening"
            + " there?)", failed.getCause().getMessage());
    }

    @Test
    void aSocketInUseIsKept() {
        Path path = folder.resolve("landing");
        try (Transport.Listener first = transport.listen(new Endpoint.Unix(path), Connection::close, () -> { })) {
            refused(path, "another process listens on");
            assertEquals(new Endpoint.Unix(path), first.endpoint());
        }
    }
}
