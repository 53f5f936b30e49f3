package org.sterna.migration.internal.engine;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.zip.CRC32C;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Outlet;
import org.sterna.migration.internal.wire.PageRanges;

/**
 * Sends pages of guest memory, many to a frame, each copied once. The guest may go on writing them: what it writes
 * after the copy is in the dirty log's next harvest.
 */
final class PageSender {
    /** The most pages with data in a frame. */
    private static final int MAX_DATA_PAGES = 128;

    private final Outlet outlet;
    private final GuestMemory memory;
    private final boolean elideZeroes;
    private final Progress progress;
    private final MemorySegment zeroes = MemorySegment.ofArray(new byte[GuestMemory.PAGE_SIZE]);
    private final PageRanges ranges = new PageRanges();
    private final CRC32C checksum = new CRC32C();
    private long frames;
    private long dataPages;
    private long zeroPages;

    PageSender(Outlet outlet, GuestMemory memory, boolean elideZeroes, Progress progress) {
        this.outlet = outlet;
        this.memory = memory;
        this.elideZeroes = elideZeroes;
        this.progress = progress;
    }

    /** Sends pages, at the pace given. */
    void send(BitSet pages, Pacer pacer) throws Failure {
        ranges.clear();
        for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
            ranges.add(page, elideZeroes && isZero(page));
            if (ranges.dataPages() == MAX_DATA_PAGES || ranges.isFull()) {
                sendFrame(pacer);
            }
        }
        if (ranges.count() > 0) {
            sendFrame(pacer);
        }
    }

    private boolean isZero(int page) {
        long start = (long) page << GuestMemory.PAGE_SHIFT;
        // Most pages with data differ at once.
        return memory.segment().get(ValueLayout.JAVA_LONG, start) == 0 && MemorySegment.mismatch(memory.segment(), start, start + GuestMemory.PAGE_SIZE,
            zeroes, 0, GuestMemory.PAGE_SIZE) < 0;
    }

    private void sendFrame(Pacer pacer) throws Failure {
        int header = Frame.HEADER + ranges.encodedSize();
        int data = ranges.dataPages() << GuestMemory.PAGE_SHIFT;
        ByteBuf frame = outlet.allocator().directBuffer(header + data);
        frame.writeZero(Frame.HEADER);
        ranges.encode(frame);
        var target = MemorySegment.ofBuffer(frame.internalNioBuffer(header, data));
        long position = 0;
        for (int i = 0; i < ranges.count(); i++) {
            if (!ranges.zero(i)) {
                long length = (long) ranges.pages(i) << GuestMemory.PAGE_SHIFT;
                MemorySegment.copy(memory.segment(), ranges.first(i) << GuestMemory.PAGE_SHIFT, target, position, length);
                position += length;
            }
        }
        frame.writerIndex(header + data);
        int sealed = Frame.seal(FrameType.PAGES, frame);
        checksum.update(sealed >>> 24);
        checksum.update(sealed >>> 16);
        checksum.update(sealed >>> 8);
        checksum.update(sealed);
        outlet.send(frame);
        frames++;
        dataPages += ranges.dataPages();
        zeroPages += ranges.zeroPages();
        progress.sent(header + data, ranges.dataPages() + ranges.zeroPages(), ranges.zeroPages());
        ranges.clear();
        pacer.sent(header + data);
    }

    /** What has been sent so far. */
    Messages.Bulk sent() {
        return new Messages.Bulk(frames, dataPages, zeroPages, checksum.getValue());
    }
}
