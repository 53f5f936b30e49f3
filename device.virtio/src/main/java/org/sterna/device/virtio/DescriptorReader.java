package org.sterna.device.virtio;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.memory.GuestMemory;

/**
 * Reads the descriptor chains of one split queue (virtio 1.3, sections 2.7.5 and 2.7.5.3). Each descriptor is read
 * from guest memory once, so that what has been checked is what is used, even if the driver goes on writing.
 */
final class DescriptorReader {
    static final int DESCRIPTOR_BYTES = 16;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;
    /** Some drivers make indirect tables longer than the queue; a chain longer than this, and the queue, is a loop. */
    private static final int LONGEST_CHAIN = 1024;
    /** Section 2.7.5.2: no more than 2^32 bytes in total. */
    private static final long MOST_BYTES = 1L << 32;

    private final GuestMemory memory;
    private final long descriptorArea;
    private final int queueSize;
    private final boolean indirectAllowed;

    DescriptorReader(GuestMemory memory, long descriptorArea, int queueSize, boolean indirectAllowed) {
        this.memory = memory;
        this.descriptorArea = descriptorArea;
        this.queueSize = queueSize;
        this.indirectAllowed = indirectAllowed;
    }

    DescriptorChain read(Virtqueue queue, int head) throws DriverFault {
        var readable = new ArrayList<GuestRange>(4);
        var writable = new ArrayList<GuestRange>(4);
        long table = descriptorArea;
        long tableLength = queueSize;
        boolean indirect = false;
        long total = 0;
        int index = head;
        for (int seen = 0; seen < Math.max(queueSize, LONGEST_CHAIN); seen++) {
            if (index >= tableLength) {
                throw new DriverFault("descriptor " + index + " is not in a table of " + tableLength);
            }
            long descriptor = table + (long) index * DESCRIPTOR_BYTES;
            long address = memory.getLong(descriptor);
            long length = memory.getInt(descriptor + 8) & 0xffff_ffffL;
            int flags = memory.getShort(descriptor + 12);
            index = memory.getShort(descriptor + 14) & 0xffff;
            if ((flags & INDIRECT) != 0) {
                checkIndirect(address, length, flags, indirect);
                indirect = true;
                table = address;
                tableLength = length / DESCRIPTOR_BYTES;
                index = 0;
                continue;
            }
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
            if ((flags & NEXT) == 0) {
                return new DescriptorChain(queue, head, new GuestBuffers(readable), new GuestBuffers(writable));
            }
        }
        throw new DriverFault("a descriptor chain does not end");
    }

    private void checkIndirect(long address, long length, int flags, boolean nested) throws DriverFault {
        if (!indirectAllowed || nested || (flags & NEXT) != 0) {
            throw new DriverFault("an indirect descriptor is not allowed here");
        }
        if (length % DESCRIPTOR_BYTES != 0 || !memory.contains(address, length)) {
            throw new DriverFault("an indirect table at 0x" + Long.toHexString(address) + " of " + length
                + " bytes is not a table in memory");
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
}
