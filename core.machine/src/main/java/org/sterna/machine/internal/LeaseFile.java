package org.sterna.machine.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file next to a disk, locked by whoever may write to the disk; its text says who that is. The lock is the system's, and ends
 * with its process. The file stays when nobody holds it, empty: if it were deleted, somebody who had just opened it would lock a
 * file that nobody else can find.
 */
final class LeaseFile implements AutoCloseable {
    private static final int LONGEST_TEXT = 4096;

    /** Where no file can be made. */
    private static final LeaseFile NONE = new LeaseFile(null);

    private final FileChannel channel;

    private LeaseFile(FileChannel channel) {
        this.channel = channel;
    }

    /** Somebody else has the lock. */
    static final class HeldException extends Exception {
        private static final long serialVersionUID = 1L;

        private HeldException(String holder) {
            super(holder.isEmpty() ? "another process" : holder);
        }
    }

    /**
     * Takes the lock for a disk.
     *
     * @param disk   its real path
     * @param holder who takes it, for people
     * @throws HeldException with who has it
     */
    static LeaseFile take(Path disk, String holder) throws HeldException {
        try {
            var channel = FileChannel.open(disk.resolveSibling(disk.getFileName() + ".lease"), Set.of(StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
            boolean held = false;
            try {
                if (channel.tryLock() == null) {
                    throw new HeldException(read(channel));
                }
                channel.truncate(0).write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.UTF_8)), 0);
                held = true;
                return new LeaseFile(channel);
            } catch (OverlappingFileLockException e) {
                throw new HeldException("another framework of this process");
            } finally {
                if (!held) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            // A folder that must not be written, for example; the lock that the device takes on the disk itself is left.
            return NONE;
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(LONGEST_TEXT);
        channel.read(text, 0);
        return StandardCharsets.UTF_8.decode(text.flip()).toString().strip();
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            try (channel) {
                channel.truncate(0);
            }
        }
    }
}
