package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/** Sockets of endpoints. */
final class Sockets {
    private Sockets() {
    }

    /** Connects to an endpoint. */
    static SocketChannel connect(Endpoint endpoint) throws IOException {
        try {
            return switch (endpoint) {
                case Endpoint.Unix(Path path) -> SocketChannel.open(UnixDomainSocketAddress.of(path));
                case Endpoint.Tcp(String host, int port) -> SocketChannel.open(new InetSocketAddress(host, port));
            };
        } catch (UnresolvedAddressException e) {
            throw new IOException("no such host", e);
        }
    }

    /**
     * Listens at an endpoint. The file of a Unix socket is for this user only; one that nobody listens at any more is
     * replaced.
     */
    static ServerSocketChannel listen(Endpoint endpoint) {
        try {
            return switch (endpoint) {
                case Endpoint.Unix(Path path) -> listen(path);
                case Endpoint.Tcp(String host, int port) -> ServerSocketChannel.open().bind(new InetSocketAddress(host, port));
            };
        } catch (BindException e) {
            throw MachineException.failed(endpoint.toString(), "", "cannot listen: " + e.getMessage(),
                "choose another with --control, or another --name");
        } catch (IOException | UnresolvedAddressException e) {
            throw MachineException.failed(endpoint.toString(), "", "cannot listen: " + describe(e), "");
        }
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            removeStale(path);
        }
        var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        return channel;
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new BindException("the file is no socket");
        }
        try (SocketChannel living = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new BindException("another process listens there");
        } catch (BindException e) {
            throw e;
        } catch (IOException e) {
            Files.delete(path);
        }
    }

    /** What went wrong, in words: many exceptions of the file system have a file name for a message. */
    static String describe(Exception e) {
        return switch (e) {
            case NoSuchFileException missing -> "no such folder: " + missing.getMessage();
            case AccessDeniedException denied -> "no permission: " + denied.getMessage();
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }
}
