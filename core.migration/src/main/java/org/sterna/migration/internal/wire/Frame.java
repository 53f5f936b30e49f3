package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;

/**
 * One message on the wire: a header of 16 bytes (type, flags, length, checksum of the payload, checksum of the header
 * before it), then the payload.
 *
 * @param code    the type's number, which may be unknown here
 * @param flags   see {@link FrameType#MANDATORY}
 * @param payload owned by whoever has the frame; empty for pages that a {@link BulkSink} has taken
 */
public record Frame(int code, int flags, ByteBuf payload) {
    /** The size of a header in bytes. */
    public static final int HEADER = 16;

    /** The type, or null if it is unknown here. */
    public FrameType type() {
        return FrameType.of(code);
    }

    /** Its name, for messages. */
    public String name() {
        FrameType type = type();
        if (type != null) {
            return type.name();
        }
        int first = payload.readerIndex();
        if (code >= FrameType.FIRST_NAMED && payload.isReadable()) {
            int length = payload.getUnsignedByte(first);
            String name = length < payload.readableBytes()
                ? payload.toString(first + 1, length, StandardCharsets.UTF_8) : "";
            if (name.matches("[A-Za-z0-9._-]+")) {
                return "'" + name + "' (type " + code + ")";
            }
        }
        return "of unknown type " + code;
    }

    /** The message that the payload is: CBOR, a map with text keys. */
    public Node tree(String peer) throws Failure {
        try {
            var message = new Node(peer, name(), Cbor.decode(ByteBufUtil.getBytes(payload)));
            message.checkTextKeys();
            return message;
        } catch (CborException e) {
            throw Failure.here(peer, "a frame " + name() + " is malformed: " + e.getMessage(), "");
        }
    }

    /** Gives the payload back. */
    public void release() {
        payload.release();
    }

    /** Fills in the header of a buffer that starts with room for it, once the payload stands behind it. */
    public static int seal(FrameType type, ByteBuf frame) {
        return seal(type.code(), type.flags(), frame);
    }

    /** Like {@link #seal(FrameType, ByteBuf)}, for any type and flags; returns the checksum of the payload. */
    public static int seal(int code, int flags, ByteBuf frame) {
        int start = frame.readerIndex();
        int length = frame.readableBytes() - HEADER;
        int checksum = Checksums.of(frame, start + HEADER, length);
        frame.setShort(start, code).setShort(start + 2, flags).setInt(start + 4, length).setInt(start + 8, checksum);
        frame.setInt(start + 12, Checksums.of(frame, start, HEADER - 4));
        return checksum;
    }
}
