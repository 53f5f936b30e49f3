package org.sterna.launcher.boot;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;

/**
 * The folder for everything that this process keeps in files only while it runs. A lock in it says that the process is there: the
 * folders of processes that were killed have none, and are deleted by those that come later.
 */
final class TemporaryFolder implements AutoCloseable {
    private static final String NAMES = "sterna-[0-9a-f]{8}";
    private static final String LOCK = "lock";
    /** The ending of a name until the lock is there. */
    private static final String UNFINISHED = ".new";

    private final Path path;
    private final FileChannel lock;

    private TemporaryFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes one in another folder, for this user alone. */
    static TemporaryFolder create(Path parent) throws IOException {
        Path path = parent.resolve(String.format("sterna-%08x", new SecureRandom().nextInt()));
        Path unfinished = Files.createDirectory(path.resolveSibling(path.getFileName() + UNFINISHED),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        FileChannel lock = FileChannel.open(unfinished.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            lock.tryLock();
            // Whoever looks for folders that nobody has finds this one with its lock.
            Files.move(unfinished, path);
        } catch (IOException | RuntimeException e) {
            lock.close();
            delete(unfinished);
            throw e;
        }
        return new TemporaryFolder(path, lock);
    }

    /** Where it is. */
    Path path() {
        return path;
    }

    /** Deletes the folders beside it that processes of this user have left that were killed. */
    void deleteAbandoned() {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(path.getParent(),
                each -> each.getFileName().toString().matches(NAMES) && !each.equals(path))) {
            UserPrincipal user = Files.getOwner(path);
            for (Path each : folders) {
                deleteIfAbandoned(each, user);
            }
        } catch (IOException e) {
            // The host's own cleaning of temporary files finds them too.
        }
    }

    private static void deleteIfAbandoned(Path folder, UserPrincipal user) {
        try {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(user)) {
                return;
            }
            try (FileChannel channel = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                    FileLock free = channel.tryLock()) {
                if (free != null) {
                    delete(folder);
                }
            }
        } catch (IOException | OverlappingFileLockException e) {
            // It is not one of these folders, or somebody else has just deleted it, or it is in use.
        }
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failed) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Deletes it, with everything in it. */
    @Override
    public void close() throws IOException {
        try {
            delete(path);
        } finally {
            lock.close();
        }
    }
}
