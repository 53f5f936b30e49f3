package org.sterna.machine.virt.internal.boot;

/**
 * A range of guest-physical addresses.
 *
 * @param start the first address
 * @param end   the address after the last
 */
record Range(long start, long end) {
    static Range of(long start, long length) {
        return new Range(start, start + length);
    }

    boolean overlaps(Range other) {
        return start < other.end && other.start < end;
    }

    /** The next address from one on that is a multiple of a power of two. */
    static long alignUp(long address, long unit) {
        return address + unit - 1 & -unit;
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(start) + "..0x" + Long.toHexString(end - 1);
    }
}
