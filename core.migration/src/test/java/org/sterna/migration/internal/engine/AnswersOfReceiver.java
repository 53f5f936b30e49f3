package org.sterna.migration.internal.engine;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Preamble;

/**
 * Reads what a receiver answers to a recorded stream, so that a frame can be sent when the answer before it has come.
 */
final class AnswersOfReceiver {
    private static final Map<FrameType, FrameType> ANSWERS = Map.of(FrameType.MANIFEST, FrameType.VERDICT,
        FrameType.START, FrameType.READY, FrameType.ROUND, FrameType.ROUND_DONE, FrameType.FINISH, FrameType.LOADED,
        FrameType.COMMIT, FrameType.TAKEN);

    private final Map<FrameType, Integer> missing = new EnumMap<>(FrameType.class);
    private boolean ended;

    /** Reads until the receiver ends the conversation. */
    void read(DataInputStream in) {
        try {
            in.skipNBytes(Preamble.SIZE);
            while (true) {
                came(RawFrame.read(in).type());
            }
        } catch (IOException e) {
            // The receiver has ended the conversation.
        } finally {
            end();
        }
    }

    private synchronized void came(FrameType answer) {
        if (answer != null) {
            missing.merge(answer, -1, Integer::sum);
            notifyAll();
        }
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** A frame, perhaps a damaged one, is sent. */
    synchronized void sent(byte[] frame) {
        FrameType type = frame.length < RawFrame.HEADER ? null
            : FrameType.of(Short.toUnsignedInt(ByteBuffer.wrap(frame).getShort(0)));
        if (type != null && ANSWERS.containsKey(type)) {
            missing.merge(ANSWERS.get(type), 1, Integer::sum);
        }
    }

    /** Waits until all that was sent is answered, the conversation has ended, or the time is up. */
    synchronized void await(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (!ended && missing.values().stream().anyMatch(number -> number > 0) && end - System.nanoTime() > 0) {
            wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
        }
    }
}
