package org.sterna.machine.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.host.FileUse;
import org.sterna.machine.memory.HostFile;

/**
 * A file next to a disk, locked by whoever may write to the disk; the first line of its text says who that is. The lock is the system's, and ends
 * with its process. Whoever gives the lock back deletes the file first. Somebody else may have opened it before that, and then
 * locks a file that nobody else can find: so after locking it is looked at again, and taken only if it is still there. After a
 * process was killed the file stays, without a lock, for the next one.
 */
final class LeaseFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseFile.class);
    private static final int LONGEST_TEXT = 4096;
    /** For whoever finds the file, above all one that has stayed behind. */
    private static final String EXPLANATION = "A lock on this file keeps other machines from the disk. If the process was killed, the"
        + " file stays without a lock and does no harm;\nthe next machine that uses the disk takes it over and deletes it at the end.\n";
    /** How often somebody else may take and give back the lock while it is being taken here. */
    private static final int ATTEMPTS = 100;

    /** Where no file can be made. */
    private static final LeaseFile NONE = new LeaseFile(null, null, null);
    /** How what {@link FileLeases} writes begins. */
    static final String BEGINNING = "machine ";

    private final Path path;
    private final HostFile file;
    private final FileChannel channel;
    private FileUse use;
    /** Whether the file is somebody else's, of the same name: it is locked, but neither written nor deleted. */
    private boolean foreign;

    private LeaseFile(Path path, HostFile file, FileChannel channel) {
        this.path = path;
        this.file = file;
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
        Path path = disk.resolveSibling(disk.getFileName() + ".lease");
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                FileChannel.open(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
                    LinkOption.NOFOLLOW_LINKS)).close();
            } catch (IOException e) {
                // A folder that must not be written, for example; the lock that the device takes on the disk itself is left.
                return NONE;
            }
            try {
                LeaseFile taken = lock(path);
                if (taken.isThere()) {
                    taken.use = FileUse.of(path, "the lease of " + disk);
                    taken.foreign = !taken.isLease();
                    taken.tell(holder);
                    return taken;
                }
                taken.giveUp();
            } catch (IOException e) {
                // It was deleted while it was opened.
            }
        }
        throw new HeldException("processes that take and give back " + path + " all the time");
    }

    private static LeaseFile lock(Path path) throws IOException, HeldException {
        HostFile file = HostFile.open(path);
        FileChannel channel = null;
        boolean locked = false;
        try {
            // Through the handle, so that what is locked is what is compared later.
            channel = FileChannel.open(file.link().orElse(path), StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                throw new HeldException(read(channel));
            }
            locked = true;
            return new LeaseFile(path, file, channel);
        } catch (OverlappingFileLockException e) {
            throw new HeldException("another framework of this process");
        } finally {
            if (!locked) {
                if (channel != null) {
                    channel.close();
                }
                file.close();
            }
        }
    }

    /** Whether others find it under its path too. */
    private boolean isThere() {
        Optional<Path> link = file.link();
        try {
            return link.isEmpty() || Files.getAttribute(link.get(), "unix:fileKey")
                .equals(Files.getAttribute(path, "unix:fileKey", LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether nothing is in it but what such files have. */
    private boolean isLease() {
        try {
            return channel.size() == 0 || read(channel).startsWith(BEGINNING);
        } catch (IOException e) {
            return false;
        }
    }

    private void tell(String holder) {
        if (foreign) {
            LOG.warn("{} is no lease file of Sterna's, so nobody can read in it who uses the disk; it stays as it is", path);
            return;
        }
        try {
            channel.truncate(0).write(ByteBuffer.wrap((holder + "\n" + EXPLANATION).getBytes(StandardCharsets.UTF_8)), 0);
        } catch (IOException e) {
            // On a full disk: it is locked all the same.
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(LONGEST_TEXT);
        channel.read(text, 0);
        return StandardCharsets.UTF_8.decode(text.flip()).toString().lines().findFirst().orElse("").strip();
    }

    private void giveUp() throws IOException {
        try (file; channel) {
            // Nothing of it is left.
        }
    }

    @Override
    public void close() throws IOException {
        if (channel == null) {
            return;
        }
        try (file; channel; FileUse known = use) {
            if (foreign) {
                return;
            }
            if (file.link().isEmpty()) {
                // It cannot be told whether it is still the one that others find: it stays, empty.
                channel.truncate(0);
            } else if (isThere()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
