package org.sterna.migration.internal.engine;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.sterna.migration.Endpoint;
import org.sterna.migration.internal.wire.FrameType;

/** Stands between two peers, passes on frame by frame, and does something wrong with one frame. */
final class FaultyLine implements AutoCloseable {
    private static final String PREAMBLE = "preamble";
    private static final int PREAMBLE_SIZE = 64;
    private static final int HEADER = 16;

    /**
     * A frame of a migration, or a preamble.
     *
     * @param fromSource its direction
     * @param name       its type
     * @param number     which of its type in this direction, from 1
     */
    record Boundary(boolean fromSource, String name, int number) {
        @Override
        public String toString() {
            return name + " " + number + (fromSource ? " ->" : " <-");
        }
    }

    /** What is done to a frame. */
    sealed interface Fault {
        /** The line breaks before it. */
        record CutBefore() implements Fault {
        }

        /** The line breaks after it. */
        record CutAfter() implements Fault {
        }

        /** It comes late, and all that follows it. */
        record Delay(Duration time) implements Fault {
        }

        /** It comes twice. */
        record Duplicate() implements Fault {
        }

        /** It does not come. */
        record Drop() implements Fault {
        }

        /** It comes after the next one, of whatever type. */
        record Swap() implements Fault {
        }

        /**
         * One of its bits is another.
         *
         * @param bit counted from its first byte on, or backwards from its end if negative
         */
        record Flip(int bit) implements Fault {
        }
    }

    private final ServerSocket server;
    private final Endpoint.Tcp target;
    private final Boundary boundary;
    private final Fault fault;
    private final List<Boundary> seen = new ArrayList<>();
    private volatile boolean happened;

    /** A line on which a fault happens, or none if it is null. */
    FaultyLine(Endpoint target, Boundary boundary, Fault fault) throws IOException {
        this.server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        this.target = (Endpoint.Tcp) target;
        this.boundary = boundary;
        this.fault = fault;
        Thread.ofVirtual().start(this::accept);
    }

    Endpoint endpoint() {
        return new Endpoint.Tcp("127.0.0.1", server.getLocalPort());
    }

    /** Every frame that has come by, but for signs of life, which come when they like. */
    List<Boundary> seen() {
        synchronized (seen) {
            return List.copyOf(seen);
        }
    }

    /** Whether the fault has happened. */
    boolean happened() {
        return happened;
    }

    private void accept() {
        try {
            while (true) {
                Socket source = server.accept();
                var destination = new Socket(target.host(), target.port());
                Thread.ofVirtual().start(() -> relay(source, destination, true));
                Thread.ofVirtual().start(() -> relay(destination, source, false));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void relay(Socket from, Socket to, boolean fromSource) {
        Map<String, Integer> numbers = new HashMap<>();
        // Closing one end of the line closes the other direction too.
        try (from; to) {
            var in = new DataInputStream(from.getInputStream());
            OutputStream out = to.getOutputStream();
            byte[] frame = in.readNBytes(PREAMBLE_SIZE);
            String name = PREAMBLE;
            byte[] held = null;
            while (true) {
                boolean counts = !name.equals(FrameType.KEEPALIVE.name());
                var here = new Boundary(fromSource, name, counts ? numbers.merge(name, 1, Integer::sum) : 0);
                if (counts) {
                    synchronized (seen) {
                        seen.add(here);
                    }
                }
                if (held != null) {
                    out.write(frame);
                    out.write(held);
                    held = null;
                } else if (!here.equals(boundary)) {
                    out.write(frame);
                } else {
                    happened = true;
                    switch (fault) {
                        case Fault.CutBefore() -> throw new EOFException();
                        case Fault.CutAfter() -> {
                            out.write(frame);
                            throw new EOFException();
                        }
                        case Fault.Delay(Duration time) -> {
                            LockSupport.parkNanos(time.toNanos());
                            out.write(frame);
                        }
                        case Fault.Duplicate() -> {
                            out.write(frame);
                            out.write(frame);
                        }
                        case Fault.Drop() -> { }
                        case Fault.Swap() -> held = frame;
                        case Fault.Flip(int bit) -> out.write(flipped(frame, bit));
                    }
                }
                frame = next(in);
                name = name(frame);
            }
        } catch (IOException e) {
            // The line has been cut, here or by a peer.
        }
    }

    private static byte[] flipped(byte[] frame, int bit) {
        int place = Math.floorMod(bit, 8 * frame.length);
        frame[place / 8] ^= (byte) (1 << place % 8);
        return frame;
    }

    private static byte[] next(DataInputStream in) throws IOException {
        byte[] header = new byte[HEADER];
        in.readFully(header);
        int length = ByteBuffer.wrap(header).getInt(4);
        ByteBuffer frame = ByteBuffer.allocate(HEADER + length).put(header);
        in.readFully(frame.array(), HEADER, length);
        return frame.array();
    }

    private static String name(byte[] frame) {
        return FrameType.of(ByteBuffer.wrap(frame).getShort(0)).name();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
