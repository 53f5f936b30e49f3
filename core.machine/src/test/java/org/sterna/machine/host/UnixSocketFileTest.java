package org.sterna.machine.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With real sockets, FIFOs and files. */
@Timeout(30)
class UnixSocketFileTest {
    @TempDir
    private Path folder;
    private Path path;

    @BeforeEach
    void aPath() {
        path = folder.resolve("sock");
    }

    private static ServerSocketChannel listen(Path path, int backlog) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path), backlog);
    }

    private void refused(String expected) {
        String message = assertThrows(IOException.class, () -> UnixSocketFile.removeStale(path)).getMessage();
        assertTrue(message.contains(expected), message);
        assertTrue(Files.exists(path, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void nothingIsNoObstacle() throws IOException {
        UnixSocketFile.requireSocketOrNothing(path);
        UnixSocketFile.removeStale(path);
    }

    @Test
    void aSocketThatNobodyListensOnIsDeleted() throws IOException {
        listen(path, 1).close();
        assertTrue(Files.exists(path), "closing leaves the file behind, as a killed process does");
        UnixSocketFile.removeStale(path);
        assertFalse(Files.exists(path));
    }

    @Test
    void aSocketInUseIsKeptAlsoWhenItsQueueIsFull() throws IOException {
        try (var server = listen(path, 1)) {
            assertTrue(server.isOpen());
            for (int probe = 0; probe < 4; probe++) {
                refused("listen");
            }
        }
    }

    @Test
    void everyOtherKindOfFileIsKept() throws Exception {
        Files.writeString(path, "precious");
        refused("a file at " + path + ", which is not a socket");
        assertEquals("precious", Files.readString(path));
        Files.delete(path);
        Files.createDirectory(path);
        refused("a folder at ");
        Files.delete(path);
        listen(folder.resolve("other"), 1).close();
        Files.createSymbolicLink(path, folder.resolve("other"));
        refused("a symbolic link at ");
        Files.delete(path);
        assumeTrue(new ProcessBuilder("mkfifo", path.toString()).start().waitFor() == 0, "this host has mkfifo");
        refused("a FIFO at ");
    }

    @Test
    void aDeviceIsKept() throws IOException {
        Path device = Path.of("/dev/null");
        assumeTrue(Files.exists(device));
        String message = assertThrows(IOException.class, () -> UnixSocketFile.removeStale(device)).getMessage();
        assertTrue(message.contains("a device at /dev/null"), message);
        assertTrue(Files.exists(device));
    }

    @Test
    void aSocketThatMayNotBeConnectedToIsKept() throws IOException {
        listen(path, 1).close();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isWritable(path), "the administrator may connect to everything");
        refused("another process may listen on");
    }

    @Test
    void onlyTheOwnFileIsDeletedInTheEnd() throws IOException {
        listen(path, 1).close();
        var file = UnixSocketFile.of(path);
        Files.move(path, folder.resolve("moved"));
        Files.writeString(path, "of somebody else");
        file.delete();
        assertEquals("of somebody else", Files.readString(path));
        Files.move(folder.resolve("moved"), path, StandardCopyOption.REPLACE_EXISTING);
        file.delete();
        assertFalse(Files.exists(path));
        file.delete();
    }
}
