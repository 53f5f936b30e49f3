package org.sterna.machine.memory;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The ranges of guest-physical addresses that are not RAM. Lookups may be made from any thread and never block;
 * ranges are added and removed while the machine is stopped or by hot swap at a safe point.
 */
public final class MmioBus {
    private volatile Region[] regions = {};

    /**
     * A range and what answers there.
     *
     * @param owner   the path of the part that it belongs to
     * @param base    the guest-physical address of its first byte
     * @param size    its size in bytes
     * @param handler what answers
     */
    public record Region(String owner, long base, long size, MmioHandler handler) {
        /** Whether an access of some bytes lies wholly inside. */
        public boolean contains(long address, int length) {
            long offset = address - base;
            return offset >= 0 && offset <= size - length;
        }
    }

    /**
     * Adds a range.
     *
     * @throws IllegalArgumentException if it overlaps another
     */
    public synchronized void map(Region added) {
        for (Region region : regions) {
            if (added.base() < region.base() + region.size() && region.base() < added.base() + added.size()) {
                throw new IllegalArgumentException("the registers of " + text(added) + " overlap those of " + text(region));
            }
        }
        Region[] more = Arrays.copyOf(regions, regions.length + 1);
        more[regions.length] = added;
        Arrays.sort(more, Comparator.comparingLong(Region::base));
        regions = more;
    }

    private static String text(Region region) {
        return region.owner() + " (0x" + Long.toHexString(region.base()) + " to 0x"
            + Long.toHexString(region.base() + region.size() - 1) + ")";
    }

    /** Removes every range of an owner. */
    public synchronized void unmap(String owner) {
        regions = Arrays.stream(regions).filter(region -> !region.owner().equals(owner)).toArray(Region[]::new);
    }

    /** The range that an access of some bytes lies in, or null if there is none. */
    public Region find(long address, int length) {
        Region[] sorted = regions;
        int low = 0;
        int high = sorted.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Region region = sorted[middle];
            if (address < region.base()) {
                high = middle - 1;
            } else if (region.contains(address, length)) {
                return region;
            } else {
                low = middle + 1;
            }
        }
        return null;
    }

    /** All ranges, by ascending address. */
    public List<Region> regions() {
        return List.of(regions);
    }
}
