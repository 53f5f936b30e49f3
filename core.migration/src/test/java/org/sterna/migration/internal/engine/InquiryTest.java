package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.wire.Answers;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Preamble;

/** A peer whose verdict contradicts itself gets no guest. */
class InquiryTest {
    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        return bytes;
    }

    private static byte[] frame(FrameType type, byte[] payload) {
        ByteBuf frame = Unpooled.buffer().writeZero(Frame.HEADER).writeBytes(payload);
        Frame.seal(type, frame);
        return bytes(frame);
    }

    /** Plays a destination up to its verdict. */
    private static void answer(ServerSocket server, Verdict verdict) {
        try (var socket = server.accept(); var in = new DataInputStream(socket.getInputStream())) {
            socket.getOutputStream().write(bytes(Preamble.socket(Preamble.Role.DESTINATION).encode()));
            in.skipNBytes(Preamble.SIZE);
            socket.getOutputStream().write(frame(FrameType.HELLO, Capabilities.OURS.encode()));
            int type;
            do {
                type = in.readUnsignedShort();
                in.skipNBytes(2);
                int length = in.readInt();
                in.skipNBytes(8 + length);
            } while (type != FrameType.MANIFEST.code());
            socket.getOutputStream().write(frame(FrameType.VERDICT, Answers.encode(new Answer(verdict, new TreeMap<>()))));
            in.readAllBytes();
        } catch (IOException e) {
            // The source has hung up.
        }
    }

    private static MigrationStatus ask(Verdict verdict) throws Exception {
        try (var hosts = new TwoHosts(); var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answer(server, verdict));
            FakeMachine source = hosts.source();
            var status = TwoHosts.end(hosts.newMigrations.migrate(source,
                new Endpoint.Tcp("127.0.0.1", server.getLocalPort()), MigrationOptions.DEFAULT));
            assertTrue(status.phase() == Phase.FAILED && source.phase() == Machine.Phase.RUNNING, status.toString());
            return status;
        }
    }

    @Test
    void aVerdictThatIsBetterThanOneOfItsSectionsIsRefused() throws Exception {
        var blocked = new Verdict.Section("/timer@0", "timer", 2, 1, "1.1.0", "1.0.0", Outcome.BLOCKED, List.of(), List.of(), "");
        var status = ask(new Verdict(Outcome.OK, List.of(blocked), List.of(), List.of()));
        assertTrue(status.reasons().getFirst().cause().contains("is OK although"), status.reasons().toString());
    }

    @Test
    void aRefusalWithoutAReasonIsSaidToBeOne() throws Exception {
        var status = ask(new Verdict(Outcome.BLOCKED, List.of(), List.of(), List.of()));
        assertTrue(status.reasons().getFirst().cause().contains("without a reason"), status.reasons().toString());
    }
}
