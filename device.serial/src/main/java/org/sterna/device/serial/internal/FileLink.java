package org.sterna.device.serial.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file that all that is sent is appended to. When it has become as long as it may, it gets the ending {@code .1}, in the place of
 * an older one, and a new file is begun. Several links, also of other processes, may append to one file.
 */
final class FileLink implements Link {
    private final Path path;
    private final Path older;
    private final long longest;
    private FileChannel file;
    private Object key;

    /**
     * Opens a file, and makes it if there is none.
     *
     * @param longest how long it may become in bytes, or 0 if that does not matter
     */
    FileLink(Path path, long longest) throws IOException {
        // The file is to be renamed, and not a link to it.
        this.path = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        this.older = this.path.resolveSibling(this.path.getFileName() + ".1");
        this.longest = longest;
        open();
    }

    private void open() throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        key = key();
    }

    /** What tells the file at the path from others; null if there is none, or the file system does not say. */
    private Object key() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException gone) {
            return null;
        }
    }

    @Override
    public int write(byte[] bytes, int count) throws IOException {
        long length = longest == 0 ? 0 : file.size();
        if (length > 0 && length + count > longest) {
            beginAnother();
        }
        var rest = ByteBuffer.wrap(bytes, 0, count);
        while (rest.hasRemaining()) {
            file.write(rest);
        }
        return count;
    }

    private void beginAnother() throws IOException {
        Object now = key();
        // Another link may have done it already.
        if (now != null && now.equals(key)) {
            if (Files.exists(older, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(older, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(path + " is as long as max-size allows, and " + older + " is not a file that could be replaced");
            }
            Files.move(path, older, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        file.close();
        open();
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
