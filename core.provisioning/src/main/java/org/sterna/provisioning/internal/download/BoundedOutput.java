package org.sterna.provisioning.internal.download;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** An output that takes a limited number of bytes. */
final class BoundedOutput {
    private final OutputStream to;
    private final long limit;
    private long count;

    /** Has taken nothing yet. */
    BoundedOutput(OutputStream to, long limit) {
        this.to = to;
        this.limit = limit;
    }

    /**
     * Takes the rest of a buffer.
     *
     * @throws IOException if that is too much, or cannot be written
     */
    void write(ByteBuffer buffer) throws IOException {
        count += buffer.remaining();
        if (count > limit) {
            throw new IOException("it is longer than " + limit + " bytes");
        }
        if (buffer.hasArray()) {
            to.write(buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining());
        } else {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            to.write(bytes);
        }
    }
}
