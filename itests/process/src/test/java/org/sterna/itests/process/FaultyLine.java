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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A line to a receiver on which something happens at the first frame of one type, whoever sends it. It reads the frames as the
 * specification of the migration protocol lays them out (sections 3 and 4).
 */
final class FaultyLine implements AutoCloseable {
    private static final int PREAMBLE = 64;
    private static final int HEADER = 16;

    /** The types of the frames of a migration, in their order. */
    enum Frame {
        HELLO, MANIFEST, VERDICT, START, READY, PAGES, ROUND, ROUND_DONE, SECTION, FINISH, LOADED, COMMIT, TAKEN, RUNNING;

        private int type() {
            return ordinal() + 1;
        }
    }

    /** What happens to a frame. */
    enum Fault {
        NONE, CUT_BEFORE, CUT_INSIDE, CUT_AFTER, STALLED, DUPLICATED, DAMAGED
    }

    private final ServerSocketChannel server;
    private final Path receiver;
    private final Frame frame;
    private final Fault fault;
    private final Runnable before;
    private final AtomicBoolean here = new AtomicBoolean();
    private final CountDownLatch happened = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean stalled;

    FaultyLine(Path near, Path receiver, Frame frame, Fault fault) throws IOException {
        this(near, receiver, frame, fault, () -> { });
    }

    /**
     * A line.
     *
     * @param before happens when the frame has come, before it is passed on
     */
    FaultyLine(Path near, Path receiver, Frame frame, Fault fault, Runnable before) throws IOException {
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(near));
        this.receiver = receiver;
        this.frame = frame;
        this.fault = fault;
        this.before = before;
        Thread.ofPlatform().daemon().start(this::accept);
    }

    /** Waits until the frame has come; false if it does not. */
    boolean awaitFrame(long seconds) throws InterruptedException {
        return happened.await(seconds, TimeUnit.SECONDS);
    }

    private void accept() {
        try {
            SocketChannel source = server.accept();
            var destination = SocketChannel.open(UnixDomainSocketAddress.of(receiver));
            Thread.ofPlatform().daemon().start(() -> pass(destination, source));
            pass(source, destination);
        } catch (IOException e) {
            // The line is cut, here or by a peer.
        }
    }

    private void pass(SocketChannel from, SocketChannel to) {
        // Closing one end of the line closes the other direction too.
        try (from; to) {
            var in = new DataInputStream(Channels.newInputStream(from));
            OutputStream out = Channels.newOutputStream(to);
            out.write(in.readNBytes(PREAMBLE));
            while (true) {
                byte[] header = new byte[HEADER];
                in.readFully(header);
                byte[] payload = in.readNBytes(ByteBuffer.wrap(header).getInt(4));
                Fault now = Fault.NONE;
                if (ByteBuffer.wrap(header).getShort(0) == frame.type() && here.compareAndSet(false, true)) {
                    before.run();
                    now = fault;
                    stalled = fault == Fault.STALLED;
                    happened.countDown();
                }
                if (stalled) {
                    closed.await();
                    return;
                }
                if (now == Fault.CUT_BEFORE) {
                    return;
                }
                if (now == Fault.CUT_INSIDE) {
                    out.write(header, 0, payload.length == 0 ? HEADER / 2 : HEADER);
                    out.write(payload, 0, payload.length / 2);
                    return;
                }
                if (now == Fault.DAMAGED) {
                    payload[0] ^= 1;
                }
                out.write(header);
                out.write(payload);
                if (now == Fault.DUPLICATED) {
                    out.write(header);
                    out.write(payload);
                }
                if (now == Fault.CUT_AFTER) {
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            // The line is cut, here or by a peer.
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        server.close();
    }
}
