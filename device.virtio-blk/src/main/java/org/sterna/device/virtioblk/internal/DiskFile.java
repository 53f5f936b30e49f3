package org.sterna.device.virtioblk.internal;

import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.sterna.device.virtio.GuestBuffers;
import org.sterna.device.virtio.GuestRange;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileKind;
import org.sterna.machine.memory.GuestMemory;

/**
 * A raw file, or a block device of the host, as a disk. Data goes between the file and guest memory without a copy.
 * Reads, writes and flushes may be made from any number of threads at once.
 */
final class DiskFile implements AutoCloseable {
    /** A range of guest memory may be longer than a view of it can be. */
    private static final int LONGEST_VIEW = 1 << 30;

    /** The kind of a file in its mode (inode(7)); opening a pipe would wait for its other end. */
    private static final int KIND = 0xf000;
    private static final int REGULAR = 0x8000;
    private static final int BLOCK_DEVICE = 0x6000;

    /**
     * The files in use here, by their identity. A file lock does not tell the devices of one process apart, and a file
     * must not even be opened a second time: the system drops a process's locks on a file when any handle is closed. So
     * devices that only read share one handle.
     */
    private static final Map<Object, Use> IN_USE = new HashMap<>();

    /** The use of one file by one device that writes it, or by any number that read it. */
    private static final class Use {
        private final DiskFile file;
        private final boolean readOnly;
        private int devices;

        private Use(DiskFile file, boolean readOnly) {
            this.file = file;
            this.readOnly = readOnly;
        }
    }

    /** The longest tick of the clock by which Linux notes the time of a write, and some more. */
    private static final Duration TICK = Duration.ofMillis(20);

    private static final ByteBuffer ZEROES = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();

    private final FileChannel channel;
    private final Fallocate fallocate;
    private final Path path;
    private final Object identity;
    private final AtomicInteger failedFlushes = new AtomicInteger();

    /**
     * A disk.
     *
     * @param path     that of the file
     * @param identity what leaves {@link #IN_USE} when the file is closed
     */
    DiskFile(FileChannel channel, Fallocate fallocate, Path path, Object identity) {
        this.channel = channel;
        this.path = path;
        this.fallocate = fallocate;
        this.identity = identity;
    }

    /** How a device gets its disk. */
    @FunctionalInterface
    interface Opener {
        /**
         * Opens a file for one device alone, or for any number that only read it.
         *
         * @throws MachineException if that cannot be
         */
        DiskFile open(String device, String file, boolean readOnly);
    }

    /**
     * Looks at what could be opened later, without opening it: a handle of this process may hold a lock on it, which
     * closing another would give up.
     *
     * @return the size of a file; nothing for a block device, whose size only an open one tells
     * @throws MachineException if it could not be opened, whoever has it in use
     */
    static OptionalLong look(String device, String file, boolean readOnly) {
        try {
            Path path = Path.of(file);
            int kind = kind(device, path);
            if (!Files.isReadable(path) || !readOnly && !Files.isWritable(path)) {
                throw new AccessDeniedException(file);
            }
            return kind == REGULAR ? OptionalLong.of(Files.size(path)) : OptionalLong.empty();
        } catch (IOException | InvalidPathException e) {
            throw refused(device, file, readOnly, e);
        }
    }

    /**
     * The format that a file looks like which is not open here, if that can be told without giving up a lock of this process.
     * Another version of this bundle may have one.
     */
    static Optional<DiskFormat> looksLike(String file) {
        try {
            Path path = Path.of(file);
            if (HeldLocks.mayHold(path)) {
                return Optional.empty();
            }
            try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
                return DiskFormat.of(channel);
            }
        } catch (IOException | InvalidPathException e) {
            // Attaching it will say what is wrong.
            return Optional.empty();
        }
    }

    /** By what the content of a file is known again that is not open here, as far as it can be told by looking. */
    static List<ContentIdentity> identity(String file) throws IOException {
        Path path = Path.of(file);
        boolean regular = Files.isRegularFile(path);
        return regular ? List.of(new ContentIdentity(BlockProperties.DRIVE.name(), Files.size(path), modified(path), "", ""))
            : List.of();
    }

    private static Optional<Instant> modified(Path path) throws IOException {
        return Optional.of(Files.getLastModifiedTime(path).toInstant());
    }

    /** The name that a file has whatever path leads to it, or nothing if there is none. */
    static Optional<URI> named(String file) {
        try {
            return Optional.of(Path.of(file).toRealPath().toUri());
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static int kind(String device, Path path) throws IOException {
        int kind = (int) Files.getAttribute(path, "unix:mode") & KIND;
        if (kind != REGULAR && kind != BLOCK_DEVICE) {
            throw refused(device, path.toString(), "is " + FileKind.behind(path).map(FileKind::toString)
                .orElse("something else")
                + ", and a disk is a file or a block device", "name one of these as " + BlockProperties.DRIVE.name());
        }
        return kind;
    }

    /** The {@link Opener} of files; see there. */
    static DiskFile open(String device, String file, boolean readOnly) {
        try {
            Path path = Path.of(file);
            boolean blockDevice = kind(device, path) == BLOCK_DEVICE;
            Object identity = Files.getAttribute(path, "unix:fileKey");
            synchronized (IN_USE) {
                Use use = IN_USE.get(identity);
                if (use == null) {
                    use = new Use(open(device, path, blockDevice, identity, readOnly), readOnly);
                    IN_USE.put(identity, use);
                } else if (!use.readOnly || !readOnly) {
                    throw usedHere(device, file);
                }
                use.devices++;
                return use.file;
            }
        } catch (OverlappingFileLockException e) {
            // Another version of this bundle has the file.
            throw usedHere(device, file);
        } catch (IOException | InvalidPathException e) {
            throw refused(device, file, readOnly, e);
        }
    }

    private static DiskFile open(String device, Path path, boolean blockDevice, Object identity, boolean readOnly)
            throws IOException {
        // Before the lock is taken, since it might be closed again.
        if (blockDevice && !readOnly && Fallocate.isTaken(path)) {
            throw refused(device, path.toString(), "is in use on this host: it, or a part of it, is mounted, in a volume or RAID, "
                + "or another program has it for itself", "take it out of use there, or give another");
        }
        Fallocate fallocate = readOnly ? Fallocate.NONE : Fallocate.open(path, identity, blockDevice);
        try {
            return new DiskFile(openLocked(device, path, readOnly), fallocate, path, identity);
        } catch (IOException | RuntimeException e) {
            fallocate.close();
            throw e;
        }
    }

    private static MachineException refused(String device, String file, boolean readOnly, Exception failure) {
        return switch (failure) {
            case InvalidPathException e -> refused(device, file, "is not a path: " + e.getReason(), "give another");
            case NoSuchFileException e -> refused(device, file, "does not exist", "create it, or give another");
            case AccessDeniedException e -> refused(device, file, "must not be " + (readOnly ? "read" : "written")
                + " by this user", readOnly ? "change its permissions" : "change its permissions, or say read-only=on");
            default -> refused(device, file, "cannot be opened: " + Reason.causeOf(failure), "look at the host's file system");
        };
    }

    private static FileChannel openLocked(String device, Path path, boolean readOnly) throws IOException {
        FileChannel channel = FileChannel.open(path, readOnly ? Set.of(StandardOpenOption.READ)
            : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
        try {
            if (channel.tryLock(0, Long.MAX_VALUE, readOnly) != null) {
                return channel;
            }
            throw refused(device, path.toString(), "is in use by another process",
                "give another, or wait until that process has closed it");
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static MachineException usedHere(String device, String file) {
        return refused(device, file, "is in use by another device of this process", "give each device its own");
    }

    static MachineException refused(String device, String file, String cause, String remedy) {
        return MachineException.failed(device, BlockProperties.DRIVE.name(), file + " " + cause, remedy);
    }

    /** The size in bytes. */
    long size() throws IOException {
        return channel.size();
    }

    /** The format that it looks like, if any. */
    Optional<DiskFormat> looksLike() throws IOException {
        return DiskFormat.of(channel);
    }

    /**
     * By what its content is known again. The host notes the time of a write no more precisely than its clock ticks, so this returns
     * only when another write would have another time.
     */
    ContentIdentity identity() throws IOException {
        Optional<Instant> modified = isFileOf(path) ? modified(path) : Optional.empty();
        if (modified.isPresent()) {
            Duration age = Duration.between(modified.get(), Instant.now());
            // A host with another clock, as of a network file system, may have written in its future.
            LockSupport.parkNanos(TICK.minus(age.isNegative() ? Duration.ZERO : age).toNanos());
        }
        return new ContentIdentity(BlockProperties.DRIVE.name(), channel.size(), modified, SampledDigest.METHOD,
            SampledDigest.of(channel));
    }

    /** Whether a path still leads to this file, and to a regular one, of which the host notes when it was written. */
    private boolean isFileOf(Path named) {
        try {
            return Files.isRegularFile(named) && Files.getAttribute(named, "unix:fileKey").equals(identity);
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a range reaches into the bytes by which a format is known. */
    boolean isAtEnd(long position, long length) throws IOException {
        return position < DiskFormat.END_BYTES || position + length > channel.size() - DiskFormat.END_BYTES;
    }

    /** Reads from a position into guest memory, and marks it as written, whether it succeeds or not. */
    void read(GuestMemory memory, GuestBuffers target, long position) throws IOException {
        long from = position;
        for (GuestRange range : target.ranges()) {
            for (long done = 0; done < range.length(); done += LONGEST_VIEW) {
                int length = (int) Math.min(LONGEST_VIEW, range.length() - done);
                try {
                    fill(memory.writable(range.address() + done, length), from);
                } finally {
                    memory.dirtyLog().mark(range.address() + done, length);
                }
                from += length;
            }
        }
    }

    private void fill(ByteBuffer view, long position) throws IOException {
        while (view.hasRemaining()) {
            if (channel.read(view, position + view.position()) < 0) {
                throw new EOFException("the file has become shorter than the disk");
            }
        }
    }

    /** Writes from guest memory to a position. */
    void write(GuestMemory memory, GuestBuffers source, long position) throws IOException {
        long to = position;
        for (GuestRange range : source.ranges()) {
            for (long done = 0; done < range.length(); done += LONGEST_VIEW) {
                int length = (int) Math.min(LONGEST_VIEW, range.length() - done);
                write(memory.readable(range.address() + done, length), to);
                to += length;
            }
        }
    }

    private void write(ByteBuffer view, long position) throws IOException {
        while (view.hasRemaining()) {
            channel.write(view, position + view.position());
        }
    }

    /** Gives the space of a range back if the host can do that; if not, everything stays as it is. */
    void discard(long position, long length) {
        fallocate.punchHole(position, length);
    }

    /**
     * Makes a range read as zeroes.
     *
     * @param unmap whether its space may be given back
     */
    void writeZeroes(long position, long length, boolean unmap) throws IOException {
        if (unmap && fallocate.punchHole(position, length) || fallocate.zeroRange(position, length)) {
            return;
        }
        overwrite(position, length);
    }

    /** Overwrites a range in place with zeroes, and returns when these are on the disk. */
    void erase(long position, long length) throws IOException {
        int before = failedFlushes();
        overwrite(position, length);
        flush(before);
    }

    private void overwrite(long position, long length) throws IOException {
        for (long done = 0; done < length; done += ZEROES.capacity()) {
            write(ZEROES.duplicate().limit((int) Math.min(ZEROES.capacity(), length - done)), position + done);
        }
    }

    /** How often a flush has failed so far. */
    int failedFlushes() {
        return failedFlushes.get();
    }

    /**
     * Returns when everything written so far is on the disk. The size is never changed here, so data alone is enough.
     *
     * <p>The system tells only once, and only one of several that ask at the same time, that it could not write what was in its
     * cache, and then forgets it: a flush that succeeds after one that failed proves nothing.
     *
     * @param known how many flushes had failed when the first write was made that is to be on the disk now
     * @throws FailedFlushException if another one has failed since
     */
    void flush(int known) throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            failedFlushes.incrementAndGet();
            throw e;
        }
        if (failedFlushes() != known) {
            throw new FailedFlushException();
        }
    }

    /** Closes the file and gives up the lock on it, unless other devices read it too. */
    @Override
    public void close() throws IOException {
        synchronized (IN_USE) {
            Use use = IN_USE.get(identity);
            if (use != null && --use.devices > 0) {
                return;
            }
            IN_USE.remove(identity);
            try {
                channel.close();
            } finally {
                fallocate.close();
            }
        }
    }
}
