package org.sterna.migration.internal.file;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.sterna.migration.internal.wire.Failure;

/** Where in a file the last content of each page of a region is. */
final class PageMap {
    /** A page that has not come. */
    private static final long MISSING = -1;
    /** A page of zeroes. */
    private static final long ZERO = 0;
    private static final int RUN_BYTES = 24;

    private final long[] offsets;
    private final int pageSize;

    /** The map of a file without pages. */
    PageMap(int pages, int pageSize) {
        this.offsets = new long[pages];
        this.pageSize = pageSize;
        Arrays.fill(offsets, MISSING);
    }

    /**
     * Pages that follow each other, in the region and in the file.
     *
     * @param first  the first page
     * @param pages  their number
     * @param offset where their content begins in the file, or 0 if they are zero
     */
    record Run(int first, int pages, long offset) {
        boolean zero() {
            return offset == ZERO;
        }

        /** Where the content of one of its pages begins in the file, or 0 if it is zero. */
        long at(int page, int pageSize) {
            return zero() ? ZERO : offset + (long) (page - first) * pageSize;
        }
    }

    /** Pages of zeroes. */
    void zero(int first, int pages) {
        Arrays.fill(offsets, first, first + pages, ZERO);
    }

    /** Pages whose content is in a row from an offset on. */
    void data(int first, int pages, long offset) {
        for (int i = 0; i < pages; i++) {
            offsets[first + i] = offset + (long) i * pageSize;
        }
    }

    /** Calls back for each longest run, in the order of the pages. */
    void forEachRun(Consumer<Run> consumer) {
        int first = 0;
        for (int page = 1; page <= offsets.length; page++) {
            if (page == offsets.length || offsets[page] != after(first, page)) {
                if (offsets[first] != MISSING) {
                    consumer.accept(new Run(first, page - first, offsets[first]));
                }
                first = page;
            }
        }
    }

    /** Calls back for each longest part of a run that this map has elsewhere. */
    void differences(Run run, Consumer<Run> consumer) {
        int end = run.first() + run.pages();
        for (int page = run.first(); page < end; page++) {
            int first = page;
            while (page < end && offsets[page] != run.at(page, pageSize)) {
                page++;
            }
            if (page > first) {
                consumer.accept(new Run(first, page - first, run.at(first, pageSize)));
            }
        }
    }

    private long after(int first, int page) {
        return offsets[first] <= ZERO ? offsets[first] : offsets[first] + (long) (page - first) * pageSize;
    }

    /** The runs, 24 bytes each: first page, number, offset. */
    byte[] encode() {
        int[] count = new int[1];
        forEachRun(run -> count[0]++);
        var bytes = ByteBuffer.allocate(Math.multiplyExact(count[0], RUN_BYTES));
        forEachRun(run -> bytes.putLong(run.first()).putLong(run.pages()).putLong(run.offset()));
        return bytes.array();
    }

    /**
     * The runs of a map that {@link #encode} gave. Nothing is made for a page that the bytes only claim.
     *
     * @param file     its name, for messages
     * @param pages    the number of pages of the region
     * @param pageSize their size in bytes
     * @param end      where the content of pages ends in the file at the latest
     * @throws Failure if they do not cover each page once, in their order
     */
    static List<Run> runs(String file, byte[] encoded, int pages, int pageSize, long end) throws Failure {
        var runs = new ArrayList<Run>();
        var bytes = ByteBuffer.wrap(encoded);
        if (encoded.length % RUN_BYTES != 0) {
            throw damaged(file, encoded.length + " bytes of page runs");
        }
        int next = 0;
        while (bytes.hasRemaining()) {
            long first = bytes.getLong();
            long number = bytes.getLong();
            long offset = bytes.getLong();
            if (first != next || number < 1 || number > pages - first || offset < 0 || offset % pageSize != 0
                    || offset > end || offset > 0 && number > (end - offset) / pageSize) {
                throw damaged(file, Long.toUnsignedString(number) + " pages from page " + Long.toUnsignedString(first)
                    + " on at byte " + Long.toUnsignedString(offset) + ", where page " + next + " of " + pages
                    + " has its place");
            }
            next += (int) number;
            runs.add(new Run((int) first, (int) number, offset));
        }
        if (next < pages) {
            throw damaged(file, "page " + next + " is missing");
        }
        return runs;
    }

    private static Failure damaged(String file, String what) {
        return Failure.here(file, "its index is wrong: " + what, "use another copy of the file");
    }
}
