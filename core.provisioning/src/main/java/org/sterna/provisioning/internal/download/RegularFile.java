package org.sterna.provisioning.internal.download;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;

/**
 * Reads files, and nothing else that has a name in a file system: a FIFO or a device may block for ever, or never end.
 */
public final class RegularFile {
    private static final int CHUNK = 1 << 16;

    private RegularFile() {
    }

    /**
     * Checks what a name stands for, links followed.
     *
     * @throws IOException if it is no regular file
     */
    public static void check(Path file) throws IOException {
        if (!Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class).isRegularFile()) {
            throw new IOException("it is not a regular file");
        }
    }

    /**
     * Reads a file.
     *
     * @param limit the most bytes that it may have
     * @throws IOException if it is no regular file, is longer, or cannot be read
     */
    public static byte[] read(Path file, int limit) throws IOException {
        check(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(limit);
            if (in.read() >= 0) {
                throw new IOException("it is longer than " + limit + " bytes");
            }
            return bytes;
        }
    }

    static void copy(Path file, BoundedOutput to, Deadline deadline) throws IOException, TimeoutException {
        check(file);
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                to.write(ByteBuffer.wrap(chunk, 0, length));
                deadline.left();
            }
        }
    }
}
