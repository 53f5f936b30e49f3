package org.sterna.testkit.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import org.sterna.machine.memory.DirtyLog;
import org.sterna.machine.memory.GuestMemory;

/** A copy of guest memory that follows the dirty log, as a migration does; where it lags behind, a write was not marked. */
final class MemoryWatch {
    private final GuestMemory memory;
    private final DirtyLog.Reader log;
    private final MemorySegment copy;

    MemoryWatch(GuestMemory memory) {
        this.memory = memory;
        log = memory.dirtyLog().open();
        copy = MemorySegment.ofArray(memory.segment().toArray(ValueLayout.JAVA_BYTE));
    }

    /**
     * Looks, while nobody writes.
     *
     * @throws AssertionError if something was written and not marked
     */
    void check() {
        var pages = new BitSet();
        log.harvest(pages);
        pages.stream().forEach(page -> MemorySegment.copy(memory.segment(), (long) page << GuestMemory.PAGE_SHIFT, copy,
            (long) page << GuestMemory.PAGE_SHIFT, GuestMemory.PAGE_SIZE));
        long lost = copy.mismatch(memory.segment());
        if (lost >= 0) {
            throw new AssertionError("guest memory was written at 0x" + Long.toHexString(memory.base() + lost)
                + " without a mark in the dirty log; a migration would lose it");
        }
    }
}
