package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.launcher.internal.host.HostUser;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/** Which folder of control sockets is trusted, by whoever listens and by whoever connects. */
@Timeout(30)
class ControlFolderTest {
    private static final HostUser ME = HostUser.current();
    private static final HostUser ANOTHER = new HostUser(ME.id() + 1);

    @TempDir
    private Path parent;
    private Path path;
    private ControlFolder folder;

    @BeforeEach
    void aFolder() {
        path = parent.resolve("sterna-me");
        folder = new ControlFolder(path, ME);
    }

    private static void refused(String expected, Executable... actions) {
        for (Executable action : actions) {
            var refusal = assertThrows(MachineException.class, action);
            assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
            assertFalse(refusal.reasons().getFirst().remedy().isEmpty());
        }
    }

    private void permit(String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private ServerSocketChannel listen(String name) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(folder.socket(name)));
    }

    @Test
    void isMadeForThisUserOnly() throws IOException {
        assertEquals(List.of(), folder.names());
        assertFalse(folder.hasSocket("guest"));
        assertFalse(Files.exists(path), "only who listens makes it");
        folder.prepare();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        permit("rwxr-xr-x");
        folder.prepare();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    }

    /** A token is written under another name first; a process that is killed meanwhile leaves that behind. */
    @Test
    void whatAKilledProcessHasLeftOfATokenIsDeleted() throws IOException {
        folder.prepare();
        Path left = Files.writeString(path.resolve("unfinished4711"), "a part of a token");
        Path young = Files.writeString(path.resolve("unfinished4712"), "a part of a token");
        Path other = Files.writeString(path.resolve("other"), "no token");
        for (Path old : List.of(left, other)) {
            Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofMinutes(5))));
        }
        folder.prepare();
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(young), "it may still be written");
        assertTrue(Files.exists(other));
    }

    @Test
    void aFolderOfAnotherUserIsUsedByNobody() throws IOException {
        folder.prepare();
        var theirs = new ControlFolder(path, ANOTHER);
        try (var listening = listen("guest")) {
            assertTrue(listening.isOpen());
            refused("belongs to another user", theirs::prepare, theirs::names, () -> theirs.hasSocket("guest"), theirs::tcp);
        }
    }

    @Test
    void whatOthersMayWriteToIsUsedByNobody() throws IOException {
        folder.prepare();
        for (String permissions : new String[] {"rwxrwx---", "rwx----w-", "rwxrwxrwx"}) {
            permit(permissions);
            refused("other users may write", folder::names, () -> folder.hasSocket("guest"), folder::tcp);
        }
        permit("rwxr-xr-x");
        assertFalse(folder.hasSocket("guest"));
    }

    @Test
    void aLinkToAFolderIsNoFolder() throws IOException {
        Files.createSymbolicLink(path, Files.createDirectory(parent.resolve("elsewhere")));
        refused("is not a folder", folder::prepare, folder::names, () -> folder.hasSocket("guest"));
    }

    @Test
    void whatKilledProcessesHaveLeftIsDeletedAndNotListed() throws Exception {
        folder.prepare();
        listen("dead").close();
        Files.writeString(folder.socket("note"), "not a socket");
        var gone = new ProcessBuilder("true").start();
        gone.waitFor();
        var ended = new TcpControl("ended", new Endpoint.Tcp("127.0.0.1", 7001), ControlToken.random(), gone.pid(), 0);
        folder.publish(ended);
        Files.writeString(path.resolve("broken.tcp"), "{");
        try (var living = listen("living"); AutoCloseable published = folder.publish(here("tcp", "127.0.0.1", 7002))) {
            assertTrue(living.isOpen());
            assertEquals(List.of("living", "note", "tcp"), folder.names());
            assertEquals(2, Files.list(path).filter(file -> file.toString().endsWith(".tcp")).count());
            assertEquals("rw-------", PosixFilePermissions.toString(
                Files.getPosixFilePermissions(path.resolve("127.0.0.1_7002.tcp"))), published.toString());
        }
        assertFalse(Files.exists(folder.socket("dead")));
        assertEquals("not a socket", Files.readString(folder.socket("note")));
        assertEquals(List.of(), folder.tcp());
    }

    private static TcpControl here(String name, String host, int port) {
        return TcpControl.here(name, new Endpoint.Tcp(host, port), ControlToken.random());
    }

    /** A process that has another start time is another process with the same number. */
    @Test
    void aProcessIsKnownByItsStartToo() {
        TcpControl here = here("guest", "127.0.0.1", 7000);
        assertTrue(here.lives());
        assertFalse(new TcpControl("guest", here.endpoint(), here.token(), here.process(), here.started() + 1).lives());
    }

    @Test
    void aTokenGoesOnlyToTheSocketThatItIsFor() {
        TcpControl loopback = here("guest", "127.0.0.1", 7000);
        assertTrue(loopback.isAt(new Endpoint.Tcp("127.0.0.1", 7000)));
        assertFalse(loopback.isAt(new Endpoint.Tcp("127.0.0.1", 7001)));
        assertFalse(loopback.isAt(new Endpoint.Tcp("127.0.0.2", 7000)));
        assertFalse(loopback.isAt(new Endpoint.Tcp("192.0.2.1", 7000)));
        TcpControl everywhere = here("guest", "0.0.0.0", 7000);
        assertTrue(everywhere.isAt(new Endpoint.Tcp("127.0.0.1", 7000)));
        assertFalse(everywhere.isAt(new Endpoint.Tcp("192.0.2.1", 7000)));
    }

    @Test
    void commandsOfTheSameUserFindTheToken() throws Exception {
        ControlAddress address = ControlAddress.of(Map.of("XDG_RUNTIME_DIR", parent.toString(), "USER", "me"));
        address.prepare();
        ControlToken token = ControlToken.random();
        var endpoint = new Endpoint.Tcp("127.0.0.1", 7003);
        try (AutoCloseable published = address.publish("guest", endpoint, token)) {
            assertEquals(token, address.find("tcp:127.0.0.1:7003").token().orElseThrow(), published.toString());
            assertEquals(endpoint, address.find("guest").endpoint());
            assertEquals(token, address.find("guest").token().orElseThrow());
            assertTrue(address.find("tcp:192.0.2.1:7003").token().isEmpty());
        }
        assertTrue(address.find("tcp:127.0.0.1:7003").token().isEmpty());
        assertEquals(new Endpoint.Unix(path.resolve("guest.sock")), address.find("guest").endpoint());
    }

    @Test
    void theTokenOfAnotherHostIsInAFileForItsOwnerAlone() throws IOException {
        Path file = Files.writeString(parent.resolve("token"), "a-token-of-this-test\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        ControlAddress address = ControlAddress.of(Map.of("XDG_RUNTIME_DIR", parent.toString(), "USER", "me",
            ControlAddress.TOKEN_FILE, file.toString()));
        assertEquals("a-token-of-this-test", address.find("tcp:192.0.2.1:7003").token().orElseThrow().text());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        refused("others may read", () -> address.find("tcp:192.0.2.1:7003"));
        refused("others may read", () -> ControlToken.read(file, ANOTHER));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        for (String text : new String[] {"", "short", "with a space in the token", "x".repeat(257)}) {
            Files.writeString(file, text);
            refused("does not hold a token", () -> ControlToken.read(file, ME));
        }
        refused("not a regular file", () -> ControlToken.read(parent, ME), () -> ControlToken.read(parent.resolve("none"), ME));
    }
}
