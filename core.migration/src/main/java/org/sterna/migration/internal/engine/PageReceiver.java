package org.sterna.migration.internal.engine;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.zip.CRC32C;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.internal.wire.BulkSink;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.PageRanges;

/** Puts pages into the memory of a machine that has just been built, which is all zero. */
final class PageReceiver implements BulkSink {
    /** The most pages that are committed and read at once: a huge page. */
    private static final int PAGES_AT_ONCE = 512;

    private final String peer;
    private final GuestMemory memory;
    private final boolean zeroRanges;
    private final PageRanges ranges = new PageRanges();
    private final CRC32C checksum = new CRC32C();
    /** Pages that have come at all. */
    private final BitSet covered = new BitSet();
    /** Pages that data has been put into; all others are zero without being touched, and so stay uncommitted. */
    private final BitSet filled = new BitSet();
    private long frames;
    private long dataPages;
    private long zeroPages;
    /** The range of the current frame that is being taken, and how many of its pages are. */
    private int range;
    private int taken;

    /** A receiver for memory that is all zero; ranges of zeroes may come only if both sides have said that they can. */
    PageReceiver(String peer, GuestMemory memory, boolean zeroRanges) {
        this.peer = peer;
        this.memory = memory;
        this.zeroRanges = zeroRanges;
    }

    @Override
    public void begin(ByteBuf head, long data) throws Failure {
        ranges.decode(peer, head, data, memory.pages(), GuestMemory.PAGE_SIZE);
        if (!zeroRanges && ranges.zeroPages() > 0) {
            throw Failure.here(peer, "sent a malformed frame PAGES: a range of zeroes, although the capability "
                + Capabilities.ZERO_PAGES + " is not common", "");
        }
        range = 0;
        taken = 0;
    }

    @Override
    public ByteBuffer next() {
        for (; range < ranges.count(); range++, taken = 0) {
            int first = (int) ranges.first(range) + taken;
            int pages = ranges.pages(range) - taken;
            if (ranges.zero(range)) {
                clear(first, first + pages);
            } else if (pages > 0) {
                return room(first, Math.min(pages, PAGES_AT_ONCE));
            }
        }
        return null;
    }

    private void clear(int first, int end) {
        for (int page = filled.nextSetBit(first); page >= 0 && page < end; page = filled.nextSetBit(page + 1)) {
            memory.segment().asSlice((long) page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE).fill((byte) 0);
        }
        filled.clear(first, end);
        covered.set(first, end);
    }

    private ByteBuffer room(int first, int pages) {
        long start = (long) first << GuestMemory.PAGE_SHIFT;
        int length = pages << GuestMemory.PAGE_SHIFT;
        if (filled.nextClearBit(first) < first + pages) {
            memory.commit(memory.base() + start, length);
        }
        filled.set(first, first + pages);
        covered.set(first, first + pages);
        taken += pages;
        return memory.segment().asSlice(start, length).asByteBuffer();
    }

    @Override
    public void end(int sealed) {
        frames++;
        dataPages += ranges.dataPages();
        zeroPages += ranges.zeroPages();
        checksum.update(sealed >>> 24);
        checksum.update(sealed >>> 16);
        checksum.update(sealed >>> 8);
        checksum.update(sealed);
    }

    /** Checks that all has come that was sent. No page may come any more. */
    void finish(Messages.Bulk sent) throws Failure {
        int missing = covered.nextClearBit(0);
        if (missing < memory.pages()) {
            throw Failure.here(peer, "has not sent page " + missing + " of " + memory.pages(), "");
        }
        var received = new Messages.Bulk(frames, dataPages, zeroPages, checksum.getValue());
        if (!sent.equals(received)) {
            throw Failure.here(peer, "has sent other pages than have come: " + sent + ", not " + received, "");
        }
    }
}
