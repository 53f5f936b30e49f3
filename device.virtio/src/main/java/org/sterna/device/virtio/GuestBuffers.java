package org.sterna.device.virtio;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.sterna.machine.memory.GuestMemory;

/**
 * Ranges of guest RAM that together hold one run of bytes. Where a driver cuts its data into descriptors means nothing
 * (virtio 1.3, section 2.7.4), so devices address the bytes by their position in the run.
 *
 * @param ranges the ranges, in order; each is known to be RAM
 */
public record GuestBuffers(List<GuestRange> ranges) {
    /** Copies the list. */
    public GuestBuffers {
        ranges = List.copyOf(ranges);
    }

    /** The number of bytes in all. */
    public long length() {
        long length = 0;
        for (GuestRange range : ranges) {
            length += range.length();
        }
        return length;
    }

    /**
     * A part of the run.
     *
     * @throws IndexOutOfBoundsException if it is not all inside
     */
    public GuestBuffers slice(long from, long count) {
        Objects.checkFromIndexSize(from, count, length());
        var part = new ArrayList<GuestRange>();
        long skip = from;
        long left = count;
        for (GuestRange range : ranges) {
            if (left == 0) {
                break;
            }
            if (skip >= range.length()) {
                skip -= range.length();
                continue;
            }
            long taken = Math.min(left, range.length() - skip);
            part.add(new GuestRange(range.address() + skip, taken));
            skip = 0;
            left -= taken;
        }
        return new GuestBuffers(part);
    }

    /**
     * Copies the whole run, which must fit an array, out of guest memory. The driver decides how long a run is, up to 4 GiB: a
     * device looks at {@link #length()} first, and copies a long run in {@linkplain #slice pieces}.
     */
    public byte[] read(GuestMemory memory) {
        var bytes = new byte[Math.toIntExact(length())];
        int done = 0;
        for (GuestRange range : ranges) {
            memory.get(range.address(), bytes, done, (int) range.length());
            done += (int) range.length();
        }
        return bytes;
    }

    /**
     * Copies bytes to the start of the run.
     *
     * @throws IndexOutOfBoundsException if there are more than fit
     */
    public void write(GuestMemory memory, byte[] bytes) {
        int done = 0;
        for (GuestRange range : slice(0, bytes.length).ranges) {
            memory.put(range.address(), bytes, done, (int) range.length());
            done += (int) range.length();
        }
    }

    /**
     * Fills the run with zeroes. Memory in which several of the ranges lie is filled once, so that this never takes longer than
     * to fill guest memory.
     */
    public void clear(GuestMemory memory) {
        for (GuestRange range : union()) {
            memory.fill(range.address(), range.length(), (byte) 0);
        }
    }

    /** The memory in which the run lies: ranges in the order of their addresses, none of which touches another. */
    List<GuestRange> union() {
        var sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingLong(GuestRange::address));
        var union = new ArrayList<GuestRange>();
        for (GuestRange range : sorted) {
            GuestRange last = union.isEmpty() ? null : union.getLast();
            if (last == null || last.address() + last.length() < range.address()) {
                union.add(range);
            } else {
                long end = Math.max(last.address() + last.length(), range.address() + range.length());
                union.set(union.size() - 1, new GuestRange(last.address(), end - last.address()));
            }
        }
        return union;
    }
}
