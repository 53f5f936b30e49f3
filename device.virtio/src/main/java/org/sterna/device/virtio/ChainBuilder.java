package org.sterna.device.virtio;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.memory.GuestMemory;

/**
 * Collects the buffers of one chain. Each descriptor is read from guest memory once, so that what has been checked here
 * is what is used, even if the driver goes on writing.
 */
final class ChainBuilder {
    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;
    /** The size of a descriptor, in a ring or in a table, of either format. */
    static final int DESCRIPTOR_BYTES = 16;
    /** Sections 2.7.5.2 and 2.8.6: no more than 2^32 bytes in total. */
    private static final long MOST_BYTES = 1L << 32;

    private final GuestMemory memory;
    private final List<GuestRange> readable = new ArrayList<>(4);
    private final List<GuestRange> writable = new ArrayList<>(4);
    private long total;

    ChainBuilder(GuestMemory memory) {
        this.memory = memory;
    }

    /** Adds the buffer of a descriptor. */
    void add(long address, long length, int flags) throws DriverFault {
        total += length;
        if (total > MOST_BYTES || !memory.contains(address, length)) {
            throw new DriverFault("a buffer at 0x" + Long.toHexString(address) + " of " + length
                + " bytes is empty, not in memory, or too much for one chain");
        }
        if ((flags & WRITE) != 0) {
            append(writable, address, length);
        } else if (writable.isEmpty()) {
            append(readable, address, length);
        } else {
            throw new DriverFault("a device-readable descriptor follows a device-writable one");
        }
    }

    /** Joins neighbours, so that one range is one transfer. */
    private static void append(List<GuestRange> ranges, long address, long length) {
        if (!ranges.isEmpty()) {
            GuestRange last = ranges.getLast();
            if (last.address() + last.length() == address) {
                ranges.set(ranges.size() - 1, new GuestRange(last.address(), last.length() + length));
                return;
            }
        }
        ranges.add(new GuestRange(address, length));
    }

    /**
     * The number of descriptors in an indirect table.
     *
     * @param allowed whether there may be one at all
     */
    int tableLength(long address, long length, int flags, boolean allowed) throws DriverFault {
        if (!allowed || (flags & NEXT) != 0) {
            throw new DriverFault("an indirect descriptor is not allowed here");
        }
        if (length % DESCRIPTOR_BYTES != 0 || !memory.contains(address, length)) {
            throw new DriverFault("an indirect table at 0x" + Long.toHexString(address) + " of " + length
                + " bytes is not a table in memory");
        }
        return (int) (length / DESCRIPTOR_BYTES);
    }

    /** The chain; see {@link DescriptorChain}. */
    DescriptorChain build(Virtqueue queue, int id, List<RingDescriptor> inRing) {
        return new DescriptorChain(queue, id, inRing, new GuestBuffers(readable), new GuestBuffers(writable));
    }
}
