package org.sterna.migration.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileKind;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Preamble;

/** A file of a preamble and frames, open for reading. Whatever is wrong with it is said with its place. */
final class FrameFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;
    /** The length of a name and the longest name. */
    private static final int NAME_BYTES = 256;
    private static final String ANOTHER = "use another copy of the file";

    private final Path path;
    /** What tells it from the file that may have its path later; null if the host does not say. */
    private final Object key;
    private final FileChannel channel;
    private final long size;
    private final Preamble preamble;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    /**
     * Opens a file and reads its preamble.
     *
     * @throws Failure if there is none
     */
    FrameFile(Path path) throws Failure {
        this.path = path;
        try {
            requireRegular();
            key = key(path);
            channel = FileChannel.open(path);
        } catch (IOException e) {
            throw Failure.here(name(), "cannot be opened: " + Reason.causeOf(e), Preamble.SNAPSHOT_WANTED);
        }
        Preamble read = null;
        try {
            requireSame(path);
            size = channel.size();
            if (size == 0) {
                throw Failure.here(name(), "is empty", Preamble.SNAPSHOT_WANTED);
            }
            read = Preamble.decodeFile(name(), read(0, (int) Math.min(size, Preamble.SIZE)));
            if (read == null) {
                throw cut("in the preamble");
            }
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            if (read == null) {
                close();
            }
        }
        preamble = read;
    }

    /** Nothing else is opened: a FIFO would wait for its other end, and a folder opens like a file. */
    private void requireRegular() throws Failure, IOException {
        Optional<FileKind> kind = FileKind.behind(path);
        if (kind.isPresent() && kind.get() != FileKind.REGULAR) {
            throw Failure.here(name(), "is " + kind.get() + ", not a file with a snapshot in it",
                Preamble.SNAPSHOT_WANTED);
        }
    }

    /**
     * Checks that a path still leads to this file: it may have been replaced under its name.
     *
     * @throws Failure if it leads to another one
     */
    void requireSame(Path other) throws Failure {
        try {
            if (!Objects.equals(key, key(other))) {
                throw Failure.here(name(), "has been replaced while it was read", "try again, with the file that is there now");
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    Path path() {
        return path;
    }

    String name() {
        return path.toString();
    }

    long size() {
        return size;
    }

    Preamble preamble() {
        return preamble;
    }

    Failure unreadable(IOException e) {
        return Failure.here(name(), "cannot be read: " + Reason.causeOf(e), "");
    }

    Failure damaged(long offset, String what) {
        return Failure.here(name(), "is damaged at byte " + offset + ": " + what, ANOTHER);
    }

    /** What is in it does not agree, although no byte need be damaged. */
    Failure contradiction(String what) {
        return Failure.here(name(), "contradicts itself: " + what, ANOTHER);
    }

    Failure cut(String where) {
        return Failure.here(name(), "is cut: it ends " + where + " after " + size + " bytes", ANOTHER);
    }

    /** It ends before a byte that it should have: it was cut before it was opened, or has been since. */
    private Failure ends(long before) throws IOException {
        long now = channel.size();
        return now >= size ? cut("before byte " + before) : Failure.here(name(),
            "has been cut since it was opened: it has " + now + " bytes, and had " + size, ANOTHER);
    }

    /** It ends between two frames, and the last one is not there. */
    Failure cutBehind(String frame) {
        return cut("behind the frame " + frame + ", without the last one,");
    }

    /** The header of the frame at an offset, which fits into the file. */
    FrameHeader header(long offset) throws Failure {
        if (offset < Preamble.SIZE || offset > size - Frame.HEADER) {
            throw cut("after byte " + offset);
        }
        FrameHeader header = FrameHeader.of(read(offset, Frame.HEADER));
        if (!header.intact() || header.length() > FrameType.maxLength(header.code())) {
            throw damaged(offset, "the header of a frame is wrong");
        }
        if (header.length() > size - offset - Frame.HEADER) {
            throw cut("in the frame " + header.name() + " at byte " + offset);
        }
        return header;
    }

    /** Where the file ends if the frame at an offset is not all there, or the empty string. */
    String end(long offset) throws Failure {
        if (offset > size - Frame.HEADER) {
            return "in the header of a frame at byte " + offset;
        }
        FrameHeader header = FrameHeader.of(read(offset, Frame.HEADER));
        return header.intact() && header.length() > size - offset - Frame.HEADER
            ? "in the frame " + header.name() + " at byte " + offset : "";
    }

    /** The frame at an offset, its checksum checked. */
    Frame frame(long offset) throws Failure {
        FrameHeader header = header(offset);
        ByteBuf payload = read(offset + Frame.HEADER, (int) header.length());
        if (!header.fits(payload)) {
            throw wrongChecksum(offset, header);
        }
        return new Frame(header.code(), header.flags(), payload);
    }

    /** The name of a frame; one of unknown type has it in its payload. */
    String name(long offset, FrameHeader header) throws Failure {
        return header.name(read(offset + Frame.HEADER, (int) Math.min(header.length(), NAME_BYTES)));
    }

    /** Refuses a frame of unknown type that must not be skipped. */
    void checkKnown(long offset, FrameHeader header) throws Failure {
        if (FrameType.of(header.code()) == null && (header.flags() & FrameType.MANDATORY) != 0) {
            throw Failure.here(name(), "has a mandatory frame " + name(offset, header) + " at byte " + offset
                + ", which this side does not know", "bring this side up to date");
        }
    }

    /** Checks the checksum of a frame without keeping its payload. */
    void verify(long offset, FrameHeader header) throws Failure {
        var crc = new CRC32C();
        for (long done = 0; done < header.length(); done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), header.length() - done));
            fill(buffer, offset + Frame.HEADER + done);
            crc.update(buffer.flip());
        }
        if ((int) crc.getValue() != header.checksum()) {
            throw wrongChecksum(offset, header);
        }
    }

    private Failure wrongChecksum(long offset, FrameHeader header) {
        return damaged(offset, "the checksum of a frame " + header.name() + " is wrong");
    }

    /** Some bytes. */
    ByteBuf read(long offset, int length) throws Failure {
        var bytes = ByteBuffer.allocate(length);
        fill(bytes, offset);
        return Unpooled.wrappedBuffer(bytes.flip());
    }

    /** Fills the rest of a buffer. */
    void fill(ByteBuffer into, long offset) throws Failure {
        long at = offset;
        try {
            while (into.hasRemaining()) {
                int read = channel.read(into, at);
                if (read < 0) {
                    throw ends(at + into.remaining());
                }
                at += read;
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Locks it for reading, where the file system can do that. */
    void lock() {
        try {
            channel.tryLock(0, Long.MAX_VALUE, true);
        } catch (IOException | OverlappingFileLockException e) {
            // It is only a warning to others.
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It was only read.
        }
    }
}
