package org.sterna.device.serial.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A file that gets all that is sent. */
final class FileLink implements Link {
    private final FileChannel file;

    /** A link that writes where the channel stands. */
    FileLink(FileChannel file) {
        this.file = file;
    }

    @Override
    public int write(byte[] bytes, int count) throws IOException {
        var rest = ByteBuffer.wrap(bytes, 0, count);
        while (rest.hasRemaining()) {
            file.write(rest);
        }
        return count;
    }

    @Override
    public boolean awaitInput() {
        return false;
    }

    @Override
    public int take(byte[] into, int most) {
        return 0;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
