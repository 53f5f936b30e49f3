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
 * A line to a receiver on which something happens to the first frame of one type. It reads the frames as the specification of
 * the migration protocol lays them out (sections 3 and 4).
 */
final class FaultyLine implements AutoCloseable {
    private static final int PREAMBLE = 64;
    private static final int HEADER = 16;

    /** The types of the frames of the hand-over. */
    enum Frame {
        FINISH(10), LOADED(11), COMMIT(12), TAKEN(13), RUNNING(14);

        private final int type;

        Frame(int type) {
            this.type = type;
        }
    }

    /** What happens to a frame. */
    enum Fault {
        CUT_BEFORE, CUT_AFTER, DUPLICATED, DAMAGED
    }

    private final ServerSocketChannel server;
    private final Path receiver;
    private final Frame frame;
    private final Fault fault;

    FaultyLine(Path near, Path receiver, Frame frame, Fault fault) throws IOException {
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(near));
        this.receiver = receiver;
        this.frame = frame;
        this.fault = fault;
        Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
        try {
            SocketChannel source = server.accept();
            var destination = SocketChannel.open(UnixDomainSocketAddress.of(receiver));
            Thread.ofVirtual().start(() -> pass(destination, source));
            pass(source, destination);
        } catch (IOException e) {
            // The line is cut, here or by a peer.
        }
    }

    private void pass(SocketChannel from, SocketChannel to) {
        try (from; to) {
            var in = new DataInputStream(Channels.newInputStream(from));
            OutputStream out = Channels.newOutputStream(to);
            out.write(in.readNBytes(PREAMBLE));
            while (true) {
                byte[] header = new byte[HEADER];
                in.readFully(header);
                byte[] payload = in.readNBytes(ByteBuffer.wrap(header).getInt(4));
                boolean here = ByteBuffer.wrap(header).getShort(0) == frame.type;
                if (here && fault == Fault.CUT_BEFORE) {
                    return;
                }
                if (here && fault == Fault.DAMAGED) {
                    payload[0] ^= 1;
                }
                out.write(header);
                out.write(payload);
                if (here && fault == Fault.DUPLICATED) {
                    out.write(header);
                    out.write(payload);
                }
                if (here && fault == Fault.CUT_AFTER) {
                    return;
                }
            }
        } catch (IOException e) {
            // The line is cut, here or by a peer.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
