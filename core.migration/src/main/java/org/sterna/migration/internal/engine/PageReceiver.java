package org.sterna.migration.internal.engine;

import io.netty.buffer.ByteBuf;
import java.util.BitSet;
import java.util.zip.CRC32C;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.PageRanges;

/** Puts pages into the memory of a machine that has just been built, which is all zero. */
final class PageReceiver {
    private final String peer;
    private final GuestMemory memory;
    private final PageRanges ranges = new PageRanges();
    private final CRC32C checksum = new CRC32C();
    /** Pages that have come at all. */
    private final BitSet covered = new BitSet();
    /** Pages that data has been put into; all others are zero without being touched, and so stay uncommitted. */
    private final BitSet filled = new BitSet();
    private long frames;
    private long dataPages;
    private long zeroPages;

    PageReceiver(String peer, GuestMemory memory) {
        this.peer = peer;
        this.memory = memory;
    }

    /** Takes a PAGES frame. */
    void accept(Frame frame) throws Failure {
        ByteBuf payload = frame.payload();
        ranges.decode(peer, payload, memory.pages(), GuestMemory.PAGE_SIZE);
        for (int i = 0; i < ranges.count(); i++) {
            int first = (int) ranges.first(i);
            int end = first + ranges.pages(i);
            if (ranges.zero(i)) {
                for (int page = filled.nextSetBit(first); page >= 0 && page < end; page = filled.nextSetBit(page + 1)) {
                    memory.segment().asSlice((long) page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE).fill((byte) 0);
                }
                filled.clear(first, end);
            } else {
                payload.readBytes(memory.segment().asSlice((long) first << GuestMemory.PAGE_SHIFT,
                    (long) ranges.pages(i) << GuestMemory.PAGE_SHIFT).asByteBuffer());
                filled.set(first, end);
            }
            covered.set(first, end);
        }
        frames++;
        dataPages += ranges.dataPages();
        zeroPages += ranges.zeroPages();
        int sealed = frame.checksum();
        checksum.update(sealed >>> 24);
        checksum.update(sealed >>> 16);
        checksum.update(sealed >>> 8);
        checksum.update(sealed);
    }

    /** Checks that all has come that was sent. */
    void finish(Messages.Bulk sent) throws Failure {
        int missing = covered.nextClearBit(0);
        if (missing < memory.pages()) {
            throw Failure.here(peer, "has not sent page " + missing + " of " + memory.pages(), "");
        }
        if (!sent.equals(received())) {
            throw Failure.here(peer, "has sent other pages than have come: " + sent + ", not " + received(), "");
        }
    }

    /** What has come so far. */
    Messages.Bulk received() {
        return new Messages.Bulk(frames, dataPages, zeroPages, checksum.getValue());
    }
}
