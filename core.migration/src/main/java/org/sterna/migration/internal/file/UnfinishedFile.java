package org.sterna.migration.internal.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileUse;
import org.sterna.migration.internal.wire.Preamble;

/**
 * A snapshot's file while it is written, under its name with {@code .unfinished}; it gets its own name when all of it
 * is there. It is locked meanwhile: one without a lock was left behind by a process that was killed, and the next
 * snapshot of that name takes its place. Only this user may read it, from the beginning on: guest memory may hold keys.
 *
 * <p>What it replaces is a snapshot or another regular file. Nothing else is replaced, nor a file that is in use: by a
 * machine of this process, or by another process that has locked it, as a machine does with its disk.
 */
final class UnfinishedFile implements AutoCloseable {
    private static final String SUFFIX = ".unfinished";
    /** How often others may create and delete the file while it is being created here. */
    private static final int ATTEMPTS = 10;
    private static final String ANOTHER = "name another file";
    private static final String IN_USE = "is in use by another process";
    private static final String UNTIL_FREE = "name another file, or wait until that process has closed it";
    private static final String UNTIL_WRITTEN = "name another file, or wait until that snapshot has ended";

    private final Path target;
    private final Path path;
    private final FileUse targetUse;
    private final FileUse use;
    private final FileChannel channel;
    private final Object key;
    private boolean hasItsName;

    private UnfinishedFile(Path target, FileUse targetUse, FileUse use, Path path, FileChannel channel,
            Object key) {
        this.target = target;
        this.path = path;
        this.targetUse = targetUse;
        this.use = use;
        this.channel = channel;
        this.key = key;
    }

    /**
     * Creates it.
     *
     * @param target its name once it is whole
     * @param writer who writes it, for others who want the same file
     * @throws IOException if the target must not be replaced, or the file cannot be created; nothing has been changed
     *                     then
     */
    static UnfinishedFile create(Path target, String writer) throws IOException {
        Path absolute = target.toAbsolutePath();
        if (absolute.getFileName() == null) {
            throw new RefusedFileException("it is a folder", "name a file in it");
        }
        if (!Files.isDirectory(absolute.getParent())) {
            throw new RefusedFileException((Files.exists(absolute.getParent()) ? "this is no folder: "
                : "there is no folder ")
                + absolute.getParent(), "make the folder, or name a file in one that there is");
        }
        Path path = absolute.resolveSibling(absolute.getFileName() + SUFFIX);
        FileUse targetUse = allowed(() -> FileUse.replacing(absolute, writer));
        FileUse use = null;
        boolean created = false;
        try {
            requireUnlocked(absolute);
            use = named(path, () -> allowed(() -> FileUse.replacing(path, writer)));
            UnfinishedFile file = lock(create(path), path, absolute, targetUse, use);
            created = true;
            return file;
        } finally {
            if (!created) {
                targetUse.close();
                if (use != null) {
                    use.close();
                }
            }
        }
    }

    /** Something that fails with words that follow a file's name. */
    @FunctionalInterface
    private interface Named<T> {
        T get() throws IOException;
    }

    private static <T> T named(Path path, Named<T> action) throws IOException {
        try {
            return action.get();
        } catch (RefusedFileException e) {
            throw new RefusedFileException(path.getFileName() + ", under which it is written: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new RefusedFileException(path.getFileName() + ", under which it is written: " + Reason.causeOf(e),
                FileFault.remedy(path, e));
        }
    }

    /** What {@link FileUse} does not allow, with what to do about it. */
    private static <T> T allowed(Named<T> action) throws IOException {
        try {
            return action.get();
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new RefusedFileException(e.getMessage(), ANOTHER);
        }
    }

    private static FileChannel create(Path path) throws IOException {
        FileAttribute<?>[] mode = {};
        if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            mode = new FileAttribute<?>[] {
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))};
        }
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                return FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode);
            } catch (FileAlreadyExistsException e) {
                named(path, () -> {
                    removeStale(path);
                    return null;
                });
            }
        }
        throw new RefusedFileException("others create and delete " + path.getFileName() + " all the time", ANOTHER);
    }

    /** A file that has just been created is locked before the first byte is written. */
    private static UnfinishedFile lock(FileChannel channel, Path path, Path target, FileUse targetUse, FileUse use)
            throws IOException {
        boolean locked = false;
        try {
            if (!mayBeLocked(channel, false)) {
                throw new RefusedFileException(path.getFileName() + ", under which it is written, " + IN_USE,
                    UNTIL_FREE);
            }
            var file = new UnfinishedFile(target, targetUse, use, path, channel, key(path));
            locked = true;
            return file;
        } finally {
            if (!locked) {
                channel.close();
                Files.deleteIfExists(path);
            }
        }
    }

    /** Whether nobody has locked it; it is locked then, where the file system can do that. */
    private static boolean mayBeLocked(FileChannel channel, boolean shared) {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, shared) != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            // Then nobody else can have locked it.
            return true;
        }
    }

    /**
     * Deletes what a killed process has left behind, under a lock, so that it is nobody else's meanwhile. An empty file
     * is left alone: its process may just be about to lock it.
     */
    private static void removeStale(Path path) throws IOException {
        try (FileChannel left = FileChannel.open(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS))) {
            Object found = key(path);
            ByteBuffer beginning = ByteBuffer.allocate(Preamble.SIZE);
            if (left.read(beginning, 0) <= 0) {
                throw new RefusedFileException("there is an empty file of this name: another snapshot has just begun, or"
                    + " its process was killed as it began", "if no snapshot is under way, delete " + path);
            }
            if (!Preamble.begins(beginning.array())) {
                throw new RefusedFileException("there is a file of this name, which was not left behind by a snapshot",
                    ANOTHER);
            }
            requireLeft(left);
            if (found.equals(key(path))) {
                Files.delete(path);
            }
        } catch (NoSuchFileException e) {
            // Its writer has just come to an end.
        }
    }

    /** Whoever still writes a file has locked it. */
    private static void requireLeft(FileChannel left) throws IOException {
        boolean locked;
        try {
            locked = left.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            locked = false;
        } catch (IOException e) {
            throw new RefusedFileException("there is one already, and its file system cannot tell whether another snapshot"
                + " still writes it: " + Reason.causeOf(e), "if no snapshot is under way, delete that file");
        }
        if (!locked) {
            throw new RefusedFileException("another snapshot is being written there", UNTIL_WRITTEN);
        }
    }

    /**
     * Checks that no other process has locked what is to be replaced. Nothing of this process uses it: the system would
     * drop its locks when the file is closed here.
     */
    private static void requireUnlocked(Path target) throws IOException {
        boolean writable = Files.isWritable(target);
        try (FileChannel there = FileChannel.open(target, writable
                ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)
                : Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            if (!mayBeLocked(there, !writable)) {
                throw new RefusedFileException("it " + IN_USE, UNTIL_FREE);
            }
        } catch (NoSuchFileException | AccessDeniedException e) {
            // Whoever must not read it may replace it all the same, where he may write to its folder.
        }
    }

    private static Object key(Path path) throws IOException {
        Object key = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
        return key == null ? path : key;
    }

    /** What is written to. */
    FileChannel channel() {
        return channel;
    }

    /**
     * Gives the file its own name, in place of what has it.
     *
     * @throws IOException if that must not be replaced, or the file is not there any more
     */
    void giveName() throws IOException {
        allowed(() -> {
            targetUse.requireReplaceable();
            return null;
        });
        requireUnlocked(target);
        if (!key.equals(key(path))) {
            throw new RefusedFileException("another file has been put in the place of " + path.getFileName(), ANOTHER);
        }
        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        hasItsName = true;
        try (FileChannel folder = FileChannel.open(target.getParent())) {
            folder.force(true);
        }
    }

    /** Closes the file; deletes it unless it has got its own name. */
    @Override
    public void close() {
        try (use; targetUse; channel) {
            if (!hasItsName && key.equals(key(path))) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // The name of what is left says that it is not whole.
        }
    }
}
