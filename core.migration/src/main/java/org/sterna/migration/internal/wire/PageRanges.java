package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;

/**
 * The ranges at the start of a PAGES frame (specification, section 5.5): region and count, then for each range its first
 * page, the number of pages, and whether they are all zero or their data follows. It is reused, so that the transfer
 * does not allocate.
 */
public final class PageRanges {
    /** The most ranges in a frame. */
    public static final int MAX = 512;
    /** The size in bytes of what comes before the ranges. */
    static final int HEADER = 8;
    private static final int SIZE = 16;
    /** The size in bytes of the longest encoding. */
    public static final int MAX_ENCODED = HEADER + MAX * SIZE;

    private final long[] first = new long[MAX];
    private final int[] pages = new int[MAX];
    private final boolean[] zero = new boolean[MAX];
    private int count;
    private int dataPages;
    private long zeroPages;

    /** Forgets all. */
    public void clear() {
        count = 0;
        dataPages = 0;
        zeroPages = 0;
    }

    /** Adds a page that comes after all others. */
    public void add(long page, boolean isZero) {
        int last = count - 1;
        if (count > 0 && zero[last] == isZero && first[last] + pages[last] == page) {
            pages[last]++;
        } else {
            put(page, 1, isZero);
            return;
        }
        tally(1, isZero);
    }

    private void put(long page, int number, boolean isZero) {
        first[count] = page;
        pages[count] = number;
        zero[count++] = isZero;
        tally(number, isZero);
    }

    private void tally(int number, boolean isZero) {
        if (isZero) {
            zeroPages += number;
        } else {
            dataPages += number;
        }
    }

    /** Whether another range may not fit. */
    public boolean isFull() {
        return count == MAX;
    }

    /** The number of ranges. */
    public int count() {
        return count;
    }

    /** The first page of a range. */
    public long first(int range) {
        return first[range];
    }

    /** The number of pages in a range. */
    public int pages(int range) {
        return pages[range];
    }

    /** Whether a range is without data. */
    public boolean zero(int range) {
        return zero[range];
    }

    /** The number of pages with data, in all ranges. */
    public int dataPages() {
        return dataPages;
    }

    /** The number of pages without, in all ranges. */
    public long zeroPages() {
        return zeroPages;
    }

    /** The size of the encoding. */
    public int encodedSize() {
        return HEADER + count * SIZE;
    }

    /** The size of an encoding of which at least the beginning is there; no more than that of the longest. */
    public static int encodedSize(ByteBuf head) {
        return head.readableBytes() < HEADER ? HEADER : Math.min(HEADER + head.getUnsignedShort(2) * SIZE, MAX_ENCODED);
    }

    /** Writes the encoding, for region 0. */
    public void encode(ByteBuf into) {
        into.writeShort(0).writeShort(count).writeInt(0);
        for (int i = 0; i < count; i++) {
            into.writeLong(first[i]).writeInt(pages[i]).writeInt(zero[i] ? 1 : 0);
        }
    }

    /**
     * Takes over the ranges of a frame.
     *
     * @param data     the number of bytes that follow them in the frame
     * @param total    the number of pages that the region has
     * @param pageSize their size in bytes
     * @throws Failure if they are malformed, lie outside the region, or the data is not theirs
     */
    public void decode(String peer, ByteBuf head, long data, long total, int pageSize) throws Failure {
        clear();
        if (head.readableBytes() < HEADER) {
            throw malformed(peer, "it is too short");
        }
        int region = head.readUnsignedShort();
        int ranges = head.readUnsignedShort();
        if (region != 0 || head.readInt() != 0 || ranges < 1 || ranges > MAX || head.readableBytes() != ranges * SIZE) {
            throw malformed(peer, "region " + region + ", " + ranges + " ranges");
        }
        for (int i = 0; i < ranges; i++) {
            long page = head.readLong();
            long number = head.readUnsignedInt();
            int kind = head.readInt();
            if (number < 1 || page < 0 || page >= total || number > total - page || kind < 0 || kind > 1) {
                throw malformed(peer, "range " + i + ": " + number + " pages of kind " + Integer.toUnsignedString(kind)
                    + " from page " + Long.toUnsignedString(page) + ", of " + total);
            }
            if (kind == 0 && (dataPages + number) * pageSize > data) {
                throw malformed(peer, "range " + i + " has more pages than the frame has data for");
            }
            put(page, (int) number, kind == 1);
        }
        if ((long) dataPages * pageSize != data) {
            throw malformed(peer, data + " bytes of data for " + dataPages + " pages");
        }
    }

    private static Failure malformed(String peer, String what) {
        return Failure.here(peer, "sent a malformed frame PAGES: " + what, "");
    }
}
