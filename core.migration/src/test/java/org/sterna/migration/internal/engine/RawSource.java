package org.sterna.migration.internal.engine;

import io.netty.buffer.ByteBuf;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.Endpoint;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Preamble;

/** A source that says what a test has it say, and nothing by itself. */
final class RawSource implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;

    /** A source that has got the receiver's preamble, and has not said anything yet. */
    RawSource(Endpoint receiver) throws IOException {
        var address = (Endpoint.Tcp) receiver;
        this.socket = new Socket(address.host(), address.port());
        this.in = new DataInputStream(socket.getInputStream());
        in.skipNBytes(Preamble.SIZE);
    }

    /** A source that has exchanged preambles and capabilities. */
    static RawSource greeted(Endpoint receiver) throws IOException {
        var source = new RawSource(receiver);
        source.write(preamble());
        source.send(FrameType.HELLO, Capabilities.OURS.encode());
        source.await(FrameType.HELLO);
        return source;
    }

    /** A source that has got a verdict on its machine. */
    static RawSource answered(Endpoint receiver, FakeMachine machine) throws IOException {
        RawSource source = greeted(receiver);
        source.send(FrameType.MANIFEST, Manifests.encode(Declaration.of(machine, Set.of())));
        source.await(FrameType.VERDICT);
        return source;
    }

    /** A source whose machine may be sent. */
    static RawSource started(Endpoint receiver, FakeMachine machine) throws IOException {
        RawSource source = answered(receiver, machine);
        source.start();
        source.await(FrameType.READY);
        return source;
    }

    /** Goes ahead. */
    void start() throws IOException {
        send(FrameType.START, Cbor.encode(Map.of()));
    }

    /** The reasons with which the receiver ends the conversation. */
    List<Reason> reasons() throws IOException {
        var reasons = (List<?>) ((Map<?, ?>) await(FrameType.ERROR).tree()).get("reasons");
        return reasons.stream().map(reason -> (Map<?, ?>) reason).map(reason -> new Reason((String) reason.get("subject"),
            (String) reason.get("item"), (String) reason.get("cause"), (String) reason.get("remedy"))).toList();
    }

    static byte[] preamble() {
        ByteBuf encoded = Preamble.socket(Preamble.Role.SOURCE).encode();
        byte[] bytes = new byte[encoded.readableBytes()];
        encoded.readBytes(bytes);
        return bytes;
    }

    void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(FrameType type, byte[] payload) throws IOException {
        write(new RawFrame(type.code(), type.flags(), payload).bytes());
    }

    /** The next frame of a type; those before it are skipped. */
    RawFrame await(FrameType type) throws IOException {
        RawFrame frame;
        do {
            frame = RawFrame.read(in);
            if (frame.type() == FrameType.ERROR && type != FrameType.ERROR) {
                throw new AssertionError("the receiver has ended the conversation: " + frame.tree());
            }
        } while (frame.type() != type);
        return frame;
    }

    /** Gives nothing but signs of life until the line ends. */
    Thread keepAlive(long millis) {
        return Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    send(FrameType.KEEPALIVE, new byte[0]);
                    Thread.sleep(millis);
                }
            } catch (IOException | InterruptedException e) {
                // The receiver has closed the line.
            }
        });
    }

    /** Reads what is left until the receiver has ended the conversation. */
    void drain() throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
