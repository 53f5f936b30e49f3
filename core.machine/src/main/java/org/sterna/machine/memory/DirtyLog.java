package org.sterna.machine.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Which pages of guest memory have been written, for any number of independent readers (a migration, a background
 * snapshot, …). It is exact: a write is never missed, provided that writers keep these two rules.
 * <ul>
 * <li>A device marks a range <em>after</em> it has written it.</li>
 * <li>A processor may mark a page once and then write it many times without marking, as long as it forgets which
 * pages it has marked when the {@linkplain #onHarvest barrier} runs.</li>
 * </ul>
 * A reader that harvests gets every page written since its last harvest; a page written while it harvests is in this
 * harvest or in the next, and whatever is copied after the harvest has returned holds the writes that it reported.
 */
public final class DirtyLog {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long base;
    private final int pages;
    /** Pages marked since any reader last harvested. */
    private final long[] marks;
    private final List<Reader> readers = new ArrayList<>();
    private volatile Runnable barrier = () -> { };

    DirtyLog(long base, long size) {
        this.base = base;
        this.pages = Math.toIntExact(size >>> GuestMemory.PAGE_SHIFT);
        this.marks = new long[(pages + 63) >>> 6];
    }

    /**
     * Marks the pages of a range of guest-physical addresses, which must be RAM. It is cheap if they are marked
     * already, and never allocates. Any thread.
     */
    public void mark(long address, long length) {
        int page = (int) (address - base >>> GuestMemory.PAGE_SHIFT);
        int last = (int) (address - base + length - 1 >>> GuestMemory.PAGE_SHIFT);
        // The write that is being marked must be visible before the bit is looked at: a bit that was seen set, and was
        // harvested between the write and the look, would otherwise lose the write.
        VarHandle.fullFence();
        for (; page <= last; page++) {
            long bit = 1L << page;
            if (((long) WORDS.getOpaque(marks, page >>> 6) & bit) == 0) {
                WORDS.getAndBitwiseOr(marks, page >>> 6, bit);
            }
        }
    }

    /**
     * Sets what makes every processor forget the pages that it has marked. It returns when all have, and is called by
     * the thread that harvests. Only the machine sets it.
     */
    public void onHarvest(Runnable processorsForget) {
        barrier = processorsForget;
    }

    /** A new reader, whose first harvest gives what is written from now on. */
    public Reader open() {
        synchronized (readers) {
            drain();
            var reader = new Reader();
            readers.add(reader);
            return reader;
        }
    }

    /** Moves the marks to every reader; they are complete once every processor has forgotten its own. */
    private void drain() {
        for (int i = 0; i < marks.length; i++) {
            if ((long) WORDS.getVolatile(marks, i) != 0) {
                long taken = (long) WORDS.getAndSet(marks, i, 0L);
                for (Reader reader : readers) {
                    reader.pending[i] |= taken;
                }
            }
        }
        barrier.run();
    }

    /** One independent view of the log. Its methods may be called from any thread. */
    public final class Reader implements AutoCloseable {
        private final long[] pending = new long[marks.length];

        private Reader() {
        }

        /**
         * Takes all pages written since the last harvest.
         *
         * @param into gets the page numbers (0 is the first page of RAM), in addition to what it holds
         * @return the number of pages taken
         */
        public int harvest(BitSet into) {
            synchronized (readers) {
                drain();
                var taken = BitSet.valueOf(pending);
                Arrays.fill(pending, 0L);
                into.or(taken);
                return taken.cardinality();
            }
        }

        /** Ends this view. */
        @Override
        public void close() {
            synchronized (readers) {
                readers.remove(this);
            }
        }
    }
}
