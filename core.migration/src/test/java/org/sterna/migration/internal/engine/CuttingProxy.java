package org.sterna.migration.internal.engine;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.sterna.migration.Endpoint;
import org.sterna.migration.internal.wire.FrameType;

/** Stands between two peers, passes on frame by frame, and cuts the line where it is told to. */
final class CuttingProxy implements AutoCloseable {
    /**
     * Where to cut.
     *
     * @param type  the first frame of this type
     * @param after whether it still gets through
     */
    record Cut(FrameType type, boolean after) {
    }

    private final ServerSocket server;
    private final Endpoint.Tcp target;
    private final Cut cut;
    private final ByteArrayOutputStream fromSource = new ByteArrayOutputStream();
    private final ByteArrayOutputStream fromDestination = new ByteArrayOutputStream();

    CuttingProxy(Endpoint target, Cut cut) throws IOException {
        this.server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        this.target = (Endpoint.Tcp) target;
        this.cut = cut;
        Thread.ofVirtual().start(this::accept);
    }

    Endpoint endpoint() {
        return new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
    }

    /** What the source has sent. */
    synchronized byte[] recorded() {
        return fromSource.toByteArray();
    }

    /** What the destination has sent. */
    synchronized byte[] answered() {
        return fromDestination.toByteArray();
    }

    private void accept() {
        try {
            while (true) {
                Socket source = server.accept();
                var destination = new Socket(target.host(), target.port());
                Thread.ofVirtual().start(() -> relay(source, destination, fromSource));
                Thread.ofVirtual().start(() -> relay(destination, source, fromDestination));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void relay(Socket from, Socket to, ByteArrayOutputStream record) {
        try (from; to) {
            var in = new DataInputStream(from.getInputStream());
            pass(in.readNBytes(64), to, record);
            while (true) {
                byte[] header = new byte[16];
                in.readFully(header);
                int type = ByteBuffer.wrap(header).getShort(0);
                byte[] payload = in.readNBytes(ByteBuffer.wrap(header).getInt(4));
                boolean here = cut != null && cut.type().code() == type;
                if (here && !cut.after()) {
                    return;
                }
                pass(header, to, record);
                pass(payload, to, record);
                if (here) {
                    return;
                }
            }
        } catch (IOException e) {
            // The line has been cut, here or by a peer.
        }
    }

    private void pass(byte[] bytes, Socket to, ByteArrayOutputStream record) throws IOException {
        synchronized (this) {
            record.write(bytes);
        }
        to.getOutputStream().write(bytes);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
