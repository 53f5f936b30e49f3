package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * Takes the pages of a bulk region straight off the line, so that they are copied once only, by the system call that
 * reads them. All methods are called on the line's thread, in the order of the stream.
 */
public interface BulkSink {
    /**
     * A PAGES frame begins.
     *
     * @param head the frame's ranges, as {@link PageRanges#decode} reads them
     * @param data the number of bytes that follow them
     * @throws Failure if they are malformed; nothing has been touched then
     */
    void begin(ByteBuf head, long data) throws Failure;

    /** Where the next bytes of the frame's data belong, all of its remaining room; null at the end of the frame. */
    ByteBuffer next();

    /** All data of the frame has come; its checksum is right. */
    void end(int checksum);
}
