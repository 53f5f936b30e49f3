package org.sterna.migration.internal.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.LockSupport;
import org.sterna.migration.Endpoint;

/** Stands between a source and a destination, and passes on what the source sends slowly and steadily. */
final class SlowLine implements AutoCloseable {
    private static final int SIP = 2048;

    private final ServerSocket server;
    private final Endpoint.Tcp target;
    private final int bytesPerSecond;

    SlowLine(Endpoint target, int bytesPerSecond) throws IOException {
        this.target = (Endpoint.Tcp) target;
        this.bytesPerSecond = bytesPerSecond;
        this.server = new ServerSocket();
        // So that the source notices how slow the line is, and the kernel does not take everything at once.
        server.setReceiveBufferSize(8192);
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(this::accept);
    }

    Endpoint endpoint() {
        return new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket source = server.accept();
                var destination = new Socket(target.host(), target.port());
                Thread.ofVirtual().start(() -> relay(source, destination, bytesPerSecond));
                Thread.ofVirtual().start(() -> relay(destination, source, 0));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private static void relay(Socket from, Socket to, int rate) {
        try {
            byte[] sip = new byte[SIP];
            long start = System.nanoTime();
            long passed = 0;
            for (int length = from.getInputStream().read(sip); length >= 0; length = from.getInputStream().read(sip)) {
                to.getOutputStream().write(sip, 0, length);
                passed += length;
                if (rate > 0) {
                    LockSupport.parkNanos(start + passed * 1_000_000_000L / rate - System.nanoTime());
                }
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // One of them has closed the line.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
