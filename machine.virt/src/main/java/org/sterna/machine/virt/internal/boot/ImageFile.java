package org.sterna.machine.virt.internal.boot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;

/**
 * A boot image on the host, open for reading. What is wrong with it is told as a {@link MachineException} that names
 * the board's property and the file.
 */
final class ImageFile implements AutoCloseable {
    private static final int CHUNK = 1 << 20;

    private final String property;
    private final String name;
    private final FileChannel channel;
    private final long size;

    ImageFile(String property, String name) {
        this.property = property;
        this.name = name;
        try {
            Path path = Path.of(name);
            if (!Files.isRegularFile(path)) {
                throw failure(Files.exists(path) ? "'" + name + "' is not a regular file"
                    : "there is no file '" + name + "'", "give the path of an existing file with --" + property);
            }
            channel = FileChannel.open(path);
            size = channel.size();
        } catch (IOException | InvalidPathException e) {
            throw unreadable(e);
        }
    }

    long size() {
        return size;
    }

    /** The bytes at an offset, little-endian; fewer than wanted at the end of the file. */
    ByteBuffer read(long offset, int length) {
        int available = (int) Math.clamp(size - offset, 0, length);
        ByteBuffer bytes = ByteBuffer.allocate(available).order(ByteOrder.LITTLE_ENDIAN);
        fill(bytes, offset);
        return bytes.flip();
    }

    /** Copies a part of the file to guest memory, past the Java heap. */
    void load(GuestMemory memory, long address, long offset, long length) {
        for (long done = 0; done < length; done += CHUNK) {
            int step = (int) Math.min(CHUNK, length - done);
            fill(memory.writable(address + done, step), offset + done);
            memory.dirtyLog().mark(address + done, step);
        }
    }

    private void fill(ByteBuffer bytes, long offset) {
        long position = offset;
        try {
            while (bytes.hasRemaining()) {
                int count = channel.read(bytes, position);
                if (count < 0) {
                    throw failure("'" + name + "' has become shorter while it was read", "");
                }
                position += count;
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Something about this file. */
    MachineException failure(String cause, String remedy) {
        return MachineException.failed("/virt", property, cause, remedy);
    }

    /** Something about the contents of this file. */
    MachineException malformed(String cause) {
        return failure("'" + name + "' is malformed: " + cause, "give an unharmed file");
    }

    private MachineException unreadable(Exception e) {
        return failure("cannot read '" + name + "': " + e.getMessage(), "");
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }
}
