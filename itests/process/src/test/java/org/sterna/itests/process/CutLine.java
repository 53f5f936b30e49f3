package org.sterna.itests.process;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * A line to a receiver that breaks at COMMIT. It reads the frames as the specification of the migration protocol lays
 * them out (sections 3 and 4).
 */
final class CutLine implements AutoCloseable {
    private static final int PREAMBLE = 64;
    private static final int HEADER = 16;
    private static final int COMMIT = 12;

    private final ServerSocketChannel server;
    private final Path receiver;
    private final boolean commitArrives;

    CutLine(Path near, Path receiver, boolean commitArrives) throws IOException {
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(near));
        this.receiver = receiver;
        this.commitArrives = commitArrives;
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            SocketChannel source = server.accept();
            var destination = SocketChannel.open(UnixDomainSocketAddress.of(receiver));
            Thread.ofVirtual().start(() -> passAll(destination, source));
            passToCommit(source, destination);
        } catch (IOException e) {
            // The line is cut, here or by a peer.
        }
    }

    private static void passAll(SocketChannel from, SocketChannel to) {
        try (from; to) {
            Channels.newInputStream(from).transferTo(Channels.newOutputStream(to));
        } catch (IOException e) {
            // The line is cut.
        }
    }

    private void passToCommit(SocketChannel from, SocketChannel to) throws IOException {
        try (from; to) {
            var in = new DataInputStream(Channels.newInputStream(from));
            OutputStream out = Channels.newOutputStream(to);
            out.write(in.readNBytes(PREAMBLE));
            while (true) {
                byte[] header = new byte[HEADER];
                in.readFully(header);
                boolean commit = ByteBuffer.wrap(header).getShort(0) == COMMIT;
                if (commit && !commitArrives) {
                    return;
                }
                out.write(header);
                out.write(in.readNBytes(ByteBuffer.wrap(header).getInt(4)));
                if (commit) {
                    return;
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
