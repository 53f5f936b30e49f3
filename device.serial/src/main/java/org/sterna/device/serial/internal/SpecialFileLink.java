package org.sterna.device.serial.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;

/** A FIFO, a terminal or another special file that gets all that is sent, when it takes it. */
final class SpecialFileLink implements Link {
    /** How long whoever reads it may take nothing at the end, before the rest is lost. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final FileChannel file;
    private final Outbox out;

    SpecialFileLink(FileChannel file) {
        this.file = file;
        out = new Outbox((bytes, count) -> {
            for (var rest = ByteBuffer.wrap(bytes, 0, count); rest.hasRemaining();) {
                file.write(rest);
            }
        });
    }

    @Override
    public int write(byte[] bytes, int count) throws IOException {
        return out.offer(bytes, count);
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
        out.awaitWritten(PATIENCE);
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
