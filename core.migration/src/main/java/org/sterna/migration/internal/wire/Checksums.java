package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C (RFC 3720, appendix B.4) of buffers, without copying them. */
final class Checksums {
    private Checksums() {
    }

    static int of(ByteBuf bytes, int index, int length) {
        var crc = new CRC32C();
        if (bytes.nioBufferCount() == 1) {
            crc.update(bytes.internalNioBuffer(index, length));
        } else {
            for (ByteBuffer part : bytes.nioBuffers(index, length)) {
                crc.update(part);
            }
        }
        return (int) crc.getValue();
    }
}
