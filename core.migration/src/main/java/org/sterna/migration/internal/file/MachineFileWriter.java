package org.sterna.migration.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Outlet;
import org.sterna.migration.internal.wire.PageRanges;
import org.sterna.migration.internal.wire.Preamble;

/**
 * Writes a machine into a file (specification, section 12). Until {@link #finish} has come to its end the file has
 * another name, and no last frame: what a crash leaves behind does not pass for whole.
 */
public final class MachineFileWriter implements Outlet, AutoCloseable {
    private final Path target;
    private final UnfinishedFile file;
    private final FileChannel channel;
    private final int pageSize;
    private final PageMap pages;
    private final PageRanges ranges = new PageRanges();
    private final SortedMap<String, Long> sections = new TreeMap<>();
    private long manifest;
    private long finish;
    private long position;
    private volatile Failure ended;
    private volatile Thread pausing;

    /**
     * Begins a file.
     *
     * @param target   its name once it is whole; a regular file that is there is replaced then, unless it is in use
     * @param writer   who writes it, for others who want to write the same file
     * @param pages    the number of pages of guest memory
     * @param pageSize their size in bytes
     * @throws Failure if that file must not be replaced, or none can be created; nothing has been changed then
     */
    public MachineFileWriter(Path target, String writer, int pages, int pageSize) throws Failure {
        this.target = target.toAbsolutePath();
        this.pageSize = pageSize;
        this.pages = new PageMap(pages, pageSize);
        try {
            file = UnfinishedFile.create(target, writer);
        } catch (IOException e) {
            throw failed("cannot be created", e);
        }
        channel = file.channel();
        boolean begun = false;
        try {
            write(Preamble.file().encode());
            begun = true;
        } finally {
            if (!begun) {
                close();
            }
        }
    }

    private Failure failed(String what, IOException e) {
        return Failure.here(target.toString(), what + ": " + Reason.causeOf(e), FileFault.remedy(target, e));
    }

    @Override
    public ByteBufAllocator allocator() {
        return PooledByteBufAllocator.DEFAULT;
    }

    @Override
    public void pause(Duration time) throws Failure {
        long deadline = System.nanoTime() + time.toNanos();
        pausing = Thread.currentThread();
        try {
            for (long left = time.toNanos(); left > 0; left = deadline - System.nanoTime()) {
                check();
                LockSupport.parkNanos(left);
            }
        } finally {
            pausing = null;
        }
    }

    /** Makes whatever writes here end at the next frame, and at once if it pauses. */
    public void end(Failure reason) {
        ended = reason;
        LockSupport.unpark(pausing);
    }

    private void check() throws Failure {
        if (ended != null) {
            throw ended;
        }
    }

    @Override
    public void send(ByteBuf frame) throws Failure {
        check();
        try {
            if (frame.getUnsignedShort(0) == FrameType.PAGES.code()) {
                int head = Frame.HEADER + PageRanges.encodedSize(frame.slice(Frame.HEADER, frame.readableBytes() - Frame.HEADER));
                pad(head);
                note(frame, head);
            }
        } catch (Failure e) {
            frame.release();
            throw e;
        }
        write(frame);
    }

    /** Sends a message. */
    public void send(FrameType type, byte[] payload) throws Failure {
        check();
        type.checkLength(payload.length);
        switch (type) {
            case MANIFEST -> manifest = position;
            case FINISH -> finish = position;
            default -> { }
        }
        ByteBuf frame = Unpooled.buffer(Frame.HEADER + payload.length).writeZero(Frame.HEADER).writeBytes(payload);
        Frame.seal(type, frame);
        write(frame);
    }

    /** Sends the section of a part. */
    public void section(String path, byte[] payload) throws Failure {
        sections.put(path, position);
        send(FrameType.SECTION, payload);
    }

    /** Has what comes after a head begin at a page of the file. */
    private void pad(int head) throws Failure {
        int excess = (int) ((position + head) % pageSize);
        if (excess != 0) {
            int length = pageSize - excess;
            if (length < Frame.HEADER) {
                length += pageSize;
            }
            ByteBuf pad = Unpooled.buffer(length).writeZero(length);
            Frame.seal(FrameType.PAD, pad);
            write(pad);
        }
    }

    private void note(ByteBuf frame, int head) throws Failure {
        ranges.decode(target.toString(), frame.slice(Frame.HEADER, head - Frame.HEADER), frame.readableBytes() - head,
            Long.MAX_VALUE, pageSize);
        long offset = position + head;
        for (int i = 0; i < ranges.count(); i++) {
            int first = (int) ranges.first(i);
            if (ranges.zero(i)) {
                pages.zero(first, ranges.pages(i));
            } else {
                pages.data(first, ranges.pages(i), offset);
                offset += (long) ranges.pages(i) * pageSize;
            }
        }
    }

    private void write(ByteBuf bytes) throws Failure {
        try {
            while (bytes.isReadable()) {
                position += bytes.readBytes(channel, bytes.readableBytes());
            }
        } catch (IOException e) {
            throw failed("cannot be written", e);
        } finally {
            bytes.release();
        }
    }

    /** Has what has been written reach the disk. */
    public void force() throws Failure {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw failed("does not reach the disk", e);
        }
    }

    /** Writes the index and the last frame, and gives the file its name once all of it is on the disk. */
    public void finish() throws Failure {
        long index = position;
        var where = new TreeMap<String, Object>();
        where.put("manifest", manifest);
        where.put("finish", finish);
        where.put("sections", sections);
        where.put("pages", pages.encode());
        byte[] encoded = Cbor.encode(where);
        if (encoded.length > FrameType.INDEX.maxLength()) {
            throw Failure.here(target.toString(), "its index of " + encoded.length + " bytes is too long",
                "pause the guest, so that its memory lies in a row");
        }
        send(FrameType.INDEX, encoded);
        ByteBuf end = Unpooled.buffer().writeZero(Frame.HEADER).writeLong(index).writeLong(position + Frame.HEADER + 16);
        Frame.seal(FrameType.END, end);
        write(end);
        force();
        try {
            file.giveName();
        } catch (IOException e) {
            throw failed("cannot be given its name", e);
        }
    }

    /** How much has been written. */
    public long size() {
        return position;
    }

    /** Closes the file; deletes it unless it is finished. */
    @Override
    public void close() {
        file.close();
    }
}
