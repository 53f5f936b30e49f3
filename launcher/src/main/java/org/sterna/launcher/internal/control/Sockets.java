package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.host.UnixSocketFile;
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
     *
     * @param remote whether other hosts may reach it
     */
    static ServerSocketChannel listen(Endpoint endpoint, boolean remote) {
        try {
            return switch (endpoint) {
                case Endpoint.Unix(Path path) -> listen(path);
                case Endpoint.Tcp tcp -> listen(tcp, remote);
            };
        } catch (IOException e) {
            throw MachineException.failed(endpoint.toString(), "", "cannot listen: " + Reason.causeOf(e),
                "choose another with --control, or another --name");
        }
    }

    private static ServerSocketChannel listen(Endpoint.Tcp endpoint, boolean remote) throws IOException {
        var address = new InetSocketAddress(endpoint.host(), endpoint.port());
        if (address.isUnresolved()) {
            throw new IOException("no such host");
        }
        if (!remote && !address.getAddress().isLoopbackAddress()) {
            throw MachineException.usage(endpoint.toString(), "", "other hosts could reach this control socket, and the connection is"
                + " not encrypted", "listen at tcp:127.0.0.1:" + endpoint.port()
                + ", or add --control-remote if only trusted hosts can reach it");
        }
        return bound(ServerSocketChannel.open(), address);
    }

    private static ServerSocketChannel listen(Path path) throws IOException {
        UnixSocketFile.removeStale(path);
        var channel = bound(ServerSocketChannel.open(StandardProtocolFamily.UNIX), UnixDomainSocketAddress.of(path));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        return channel;
    }

    private static ServerSocketChannel bound(ServerSocketChannel channel, SocketAddress address) throws IOException {
        try {
            return channel.bind(address);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }
}
