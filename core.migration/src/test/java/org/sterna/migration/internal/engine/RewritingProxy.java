package org.sterna.migration.internal.engine;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.sterna.migration.Endpoint;

/** Stands between two peers and makes others of them: every preamble and frame may be replaced on its way. */
final class RewritingProxy implements AutoCloseable {
    /** What becomes of what one side sends. */
    interface Rewriter {
        /** Leaves all as it is. */
        Rewriter NONE = new Rewriter() { };

        /** What is sent instead of a preamble. */
        default byte[] preamble(byte[] preamble) {
            return preamble;
        }

        /** What is sent instead of a frame. */
        default List<byte[]> frame(RawFrame frame) {
            return List.of(frame.bytes());
        }
    }

    private final ServerSocket server;
    private final Endpoint.Tcp target;
    private final Rewriter fromSource;
    private final Rewriter fromDestination;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    RewritingProxy(Endpoint target, Rewriter fromSource, Rewriter fromDestination) throws IOException {
        this.server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        this.target = (Endpoint.Tcp) target;
        this.fromSource = fromSource;
        this.fromDestination = fromDestination;
        Thread.ofVirtual().start(this::accept);
    }

    Endpoint endpoint() {
        return new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
    }

    /** What the destination has got so far. */
    synchronized byte[] recorded() {
        return sent.toByteArray();
    }

    private void accept() {
        try {
            while (true) {
                Socket source = server.accept();
                var destination = new Socket(target.host(), target.port());
                Thread.ofVirtual().start(() -> {
                    try (source; destination) {
                        var back = Thread.ofVirtual().start(() -> relay(destination, source, fromDestination, false));
                        relay(source, destination, fromSource, true);
                        back.join();
                    } catch (IOException | InterruptedException e) {
                        // It is over.
                    }
                });
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    /** Ends one direction only: what comes the other way may be the last words. */
    private void relay(Socket from, Socket to, Rewriter rewriter, boolean record) {
        try {
            var in = new DataInputStream(from.getInputStream());
            pass(rewriter.preamble(in.readNBytes(64)), to, record);
            while (true) {
                for (byte[] bytes : rewriter.frame(RawFrame.read(in))) {
                    pass(bytes, to, record);
                }
            }
        } catch (IOException e) {
            // One of the peers has ended the conversation.
        }
        try {
            to.shutdownOutput();
            from.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The same.
        }
    }

    private void pass(byte[] bytes, Socket to, boolean record) throws IOException {
        if (record) {
            synchronized (this) {
                sent.writeBytes(bytes);
            }
        }
        to.getOutputStream().write(bytes);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
