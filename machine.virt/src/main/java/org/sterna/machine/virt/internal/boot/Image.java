package org.sterna.machine.virt.internal.boot;

import java.util.List;

/**
 * What a boot image wants in guest memory.
 *
 * @param entry    the guest-physical address of its first instruction
 * @param segments what is copied, at least one
 */
record Image(long entry, List<Segment> segments) {
    /**
     * A part of the file and its place in memory.
     *
     * @param offset   where it starts in the file
     * @param length   its length in the file
     * @param place    its guest-physical addresses, at least that many; those beyond are cleared if {@code clear}
     * @param clear    whether the image relies on zeroes there; otherwise the room is only kept free
     */
    record Segment(long offset, long length, Range place, boolean clear) {
    }

    /** From the first to the last address that it takes. */
    Range extent() {
        return new Range(segments.stream().mapToLong(segment -> segment.place().start()).min().orElse(entry),
            segments.stream().mapToLong(segment -> segment.place().end()).max().orElse(entry));
    }
}
