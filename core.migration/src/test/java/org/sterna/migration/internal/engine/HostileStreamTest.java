package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Assertions;
import org.sterna.machine.Machine;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.transport.Timeouts;

/** A real stream, damaged in all ways, costs the receiver one clear reason and nothing else (R10). */
class HostileStreamTest {
    /** A stream that lacks something is given up after a short silence. */
    private static final Timeouts IMPATIENT = new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(500),
        Duration.ofMillis(100), Duration.ofSeconds(20), Duration.ofSeconds(5));

    private static final int START = 4;
    /** The receiver ends each of these conversations earlier. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static TwoHosts hosts;
    private static Receiver receiver;
    private static byte[] preamble;
    private static List<byte[]> frames;

    @BeforeContainer
    static void record() throws Exception {
        hosts = new TwoHosts(IMPATIENT);
        receiver = hosts.receive(TwoHosts.ANY_PORT);
        FakeMachine source = hosts.newHost.running("guest", 1 << 18);
        try (var proxy = new CuttingProxy(receiver.endpoint(), null)) {
            var migration = hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Phase.COMPLETED, TwoHosts.end(migration).phase());
            byte[] stream = proxy.recorded();
            preamble = Arrays.copyOf(stream, 64);
            frames = new ArrayList<>();
            for (int at = 64; at < stream.length; at += frames.getLast().length) {
                frames.add(Arrays.copyOfRange(stream, at, at + 16 + ByteBuffer.wrap(stream).getInt(at + 4)));
            }
        }
        hosts.arrived().close();
    }

    @AfterContainer
    static void close() {
        receiver.close();
        hosts.close();
    }

    /** Sends a stream, and returns the reasons that the receiver gave; it must have ended the conversation by itself. */
    private static List<Reason> replay(byte[] start, List<byte[]> sent, boolean cut) throws Exception {
        var address = (Endpoint.Tcp) receiver.endpoint();
        try (var socket = new Socket(address.host(), address.port())) {
            var answers = new AnswersOfReceiver();
            var in = new DataInputStream(socket.getInputStream());
            var drain = Thread.ofVirtual().start(() -> answers.read(in));
            try {
                socket.getOutputStream().write(start);
                for (byte[] frame : sent) {
                    answers.await(PATIENCE);
                    answers.sent(frame);
                    socket.getOutputStream().write(frame);
                }
                if (cut) {
                    socket.shutdownOutput();
                }
            } catch (IOException e) {
                // The receiver has closed the line.
            }
            drain.join();
        }
        hosts.await(() -> !hosts.failed.isEmpty() || !hosts.arrivals.isEmpty());
        hosts.await(() -> hosts.oldHost.machines.isEmpty() || !hosts.arrivals.isEmpty());
        var reasons = new ArrayList<Reason>();
        hosts.failed.drainTo(reasons);
        Machine machine = hosts.arrivals.poll();
        if (machine != null) {
            assertTrue(reasons.isEmpty(), reasons.toString());
            machine.close();
        } else {
            assertEquals(1, reasons.size(), reasons.toString());
            assertTrue(!reasons.getFirst().cause().isBlank() && reasons.getFirst().cause().lines().count() == 1
                && !reasons.getFirst().cause().contains("Exception"), reasons.toString());
        }
        return reasons;
    }

    private static List<Reason> replay(byte[] start, List<byte[]> sent) throws Exception {
        return replay(start, sent, false);
    }

    private static byte[] sealed(int type, int flags, byte[] payload) {
        var frame = ByteBuffer.allocate(16 + payload.length);
        var crc = new CRC32C();
        crc.update(payload);
        frame.putShort((short) type).putShort((short) flags).putInt(payload.length).putInt((int) crc.getValue());
        crc.reset();
        crc.update(frame.array(), 0, 12);
        return frame.putInt((int) crc.getValue()).put(payload).array();
    }

    @net.jqwik.api.Example
    void theStreamItselfIsGood() throws Exception {
        assertTrue(replay(preamble, frames).isEmpty());
    }

    @net.jqwik.api.Example
    void anUnknownFrameIsSkipped() throws Exception {
        var more = new ArrayList<>(frames);
        more.add(2, sealed(0x4711, 0, new byte[] {3, 'f', 'o', 'o'}));
        assertTrue(replay(preamble, more).isEmpty());
    }

    @net.jqwik.api.Example
    void anUnknownMandatoryFrameIsNamed() throws Exception {
        var more = new ArrayList<>(frames);
        var name = new ByteArrayOutputStream();
        name.write(11);
        name.writeBytes("com.acme.fo".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        name.write(0);
        more.add(2, sealed(0x4711, 1, name.toByteArray()));
        assertTrue(replay(preamble, more).getFirst().cause().contains("'com.acme.fo'"));
    }

    @net.jqwik.api.Example
    void pagesBeforeTheMachineIsThereAreRefused() throws Exception {
        var early = new ArrayList<>(frames);
        early.removeIf(frame -> ByteBuffer.wrap(frame).getShort(0) == START);
        assertTrue(replay(preamble, early).getFirst().cause().contains("PAGES"));
    }

    @net.jqwik.api.Example
    void aFrameOfPagesThatNamesNoneIsRefused() throws Exception {
        var more = new ArrayList<>(frames);
        byte[] some = frames.stream().filter(frame -> frame.length > 4096).findFirst().orElseThrow();
        more.add(frames.indexOf(some), sealed(ByteBuffer.wrap(some).getShort(0), 1, new byte[0]));
        assertTrue(replay(preamble, more).getFirst().cause().contains("PAGES frame that names no pages"));
    }

    @Property(tries = 120)
    void anyFlippedBitIsNoticed(@ForAll Random random) throws Exception {
        var damaged = new ArrayList<>(frames);
        int index = random.nextInt(frames.size());
        byte[] frame = frames.get(index).clone();
        frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
        damaged.set(index, frame);
        Assertions.assertFalse(replay(preamble, damaged).isEmpty());
    }

    @Property(tries = 40)
    void aDamagedPreambleIsNoticed(@ForAll @IntRange(max = 511) int bit) throws Exception {
        byte[] damaged = preamble.clone();
        damaged[bit / 8] ^= (byte) (1 << bit % 8);
        Assertions.assertFalse(replay(damaged, frames).isEmpty());
    }

    /** A forger gets the checksums right. */
    @Property(tries = 300)
    void aForgedPayloadGivesAtMostOneReason(@ForAll Random random) throws Exception {
        var forged = new ArrayList<>(frames);
        int index = random.nextInt(frames.size());
        byte[] frame = frames.get(index);
        byte[] payload = Arrays.copyOfRange(frame, 16, frame.length);
        for (int i = random.nextInt(4); i >= 0 && payload.length > 0; i--) {
            payload[random.nextInt(Math.min(payload.length, 2048))] = (byte) random.nextInt();
        }
        forged.set(index, sealed(ByteBuffer.wrap(frame).getShort(0), 1, payload));
        replay(preamble, forged);
    }

    @Property(tries = 60)
    void framesOutOfOrderGiveAtMostOneReason(@ForAll Random random) throws Exception {
        var shuffled = new ArrayList<>(frames);
        byte[] moved = shuffled.remove(random.nextInt(shuffled.size()));
        if (random.nextBoolean()) {
            shuffled.add(random.nextInt(shuffled.size()), moved);
        }
        replay(preamble, shuffled);
    }

    @Property(tries = 40)
    void aCutStreamGivesOneReason(@ForAll Random random) throws Exception {
        int kept = random.nextInt(frames.size() - 1);
        var cut = new ArrayList<>(frames.subList(0, kept));
        cut.add(Arrays.copyOf(frames.get(kept), random.nextInt(frames.get(kept).length)));
        Assertions.assertFalse(replay(preamble, cut, true).isEmpty());
    }
}
