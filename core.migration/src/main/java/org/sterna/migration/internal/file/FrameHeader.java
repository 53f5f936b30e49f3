package org.sterna.migration.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.zip.CRC32C;
import org.sterna.migration.internal.wire.Frame;

/**
 * The header of a frame in a file (specification, section 4).
 *
 * @param intact   whether the header's own checksum is right
 * @param checksum of the payload
 */
record FrameHeader(int code, int flags, long length, int checksum, boolean intact) {
    static FrameHeader of(ByteBuf bytes) {
        int start = bytes.readerIndex();
        return new FrameHeader(bytes.getUnsignedShort(start), bytes.getUnsignedShort(start + 2),
            bytes.getUnsignedInt(start + 4), bytes.getInt(start + 8),
            bytes.getInt(start + 12) == checksum(bytes.slice(start, Frame.HEADER - 4)));
    }

    /** Whether a payload is the one that the header speaks of. */
    boolean fits(ByteBuf payload) {
        return payload.readableBytes() == length && checksum(payload) == checksum;
    }

    String name() {
        return name(Unpooled.EMPTY_BUFFER);
    }

    /** Its name, which the payload of an unknown type begins with. */
    String name(ByteBuf payload) {
        return new Frame(code, flags, payload).name();
    }

    private static int checksum(ByteBuf bytes) {
        var crc = new CRC32C();
        crc.update(bytes.nioBuffer());
        return (int) crc.getValue();
    }
}
