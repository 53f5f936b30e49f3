package org.sterna.device.virtio;

import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.state.Field;

/**
 * The state of one virtqueue. Requests are drained before a state is taken, so none is part of it.
 *
 * @param size           the number of entries, as the driver last wrote it
 * @param ready          whether the driver has enabled it
 * @param descriptorArea guest-physical address of the descriptor table
 * @param driverArea     guest-physical address of the available ring
 * @param deviceArea     guest-physical address of the used ring
 * @param nextAvailable  the index of the next available entry to take
 * @param nextUsed       the index of the next used entry to fill
 */
public record QueueState(@Field(1) int size, @Field(2) boolean ready, @Field(3) long descriptorArea,
        @Field(4) long driverArea, @Field(5) long deviceArea, @Field(6) short nextAvailable,
        @Field(7) short nextUsed) {
    /** A queue that the driver has not touched, whose size register holds its maximum. */
    static QueueState untouched(int maxSize) {
        return new QueueState(maxSize, false, 0, 0, 0, (short) 0, (short) 0);
    }

    /** What keeps a driver from enabling the queue like this (virtio 1.3, section 2.7), or null if nothing does. */
    String obstacle(GuestMemory memory, int maxSize) {
        if (Integer.bitCount(size) != 1 || size < 1 || size > maxSize) {
            return "the queue size " + Integer.toUnsignedString(size) + " is not a power of two up to " + maxSize;
        }
        // Each ring ends with the 16-bit index of VIRTIO_F_EVENT_IDX.
        if (misplaced(memory, descriptorArea, 16, (long) DescriptorReader.DESCRIPTOR_BYTES * size)
                || misplaced(memory, driverArea, 2, 6 + 2L * size)
                || misplaced(memory, deviceArea, 4, 6 + 8L * size)) {
            return "a part of the queue is unaligned or not in memory";
        }
        return null;
    }

    private static boolean misplaced(GuestMemory memory, long address, int alignment, long length) {
        return address % alignment != 0 || !memory.contains(address, length);
    }
}
