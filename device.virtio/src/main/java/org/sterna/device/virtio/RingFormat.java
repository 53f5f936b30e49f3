package org.sterna.device.virtio;

import org.sterna.machine.memory.GuestMemory;

/** The two layouts of a virtqueue in guest memory (virtio 1.3, sections 2.7 and 2.8). */
enum RingFormat {
    SPLIT(0) {
        @Override
        String obstacle(QueueState queue, GuestMemory memory, int maxSize) {
            int size = queue.size();
            if (Integer.bitCount(size) != 1 || size < 1 || size > maxSize) {
                return "the queue size " + Integer.toUnsignedString(size) + " is not a power of two up to " + maxSize;
            }
            // Each ring ends with the 16-bit index of VIRTIO_F_EVENT_IDX.
            return placed(memory, queue.descriptorArea(), 16, (long) SplitRing.DESCRIPTOR_BYTES * size)
                && placed(memory, queue.driverArea(), 2, 6 + 2L * size)
                && placed(memory, queue.deviceArea(), 4, 6 + 8L * size) ? null : MISPLACED;
        }

        @Override
        Ring open(GuestMemory memory, QueueState queue, boolean eventIndex, boolean indirect) {
            return new SplitRing(memory, queue, eventIndex, indirect);
        }
    },
    PACKED(PackedRing.WRAP) {
        @Override
        String obstacle(QueueState queue, GuestMemory memory, int maxSize) {
            int size = queue.size();
            if (size < 1 || size > maxSize) {
                return "the queue size " + Integer.toUnsignedString(size) + " is not in 1.." + maxSize;
            }
            if (PackedRing.position(queue.nextAvailable()) >= size || PackedRing.position(queue.nextUsed()) >= size) {
                return "the place in the ring is beyond its " + size + " entries";
            }
            return placed(memory, queue.descriptorArea(), 16, (long) PackedRing.DESCRIPTOR_BYTES * size)
                && placed(memory, queue.driverArea(), 4, PackedRing.EVENT_BYTES)
                && placed(memory, queue.deviceArea(), 4, PackedRing.EVENT_BYTES) ? null : MISPLACED;
        }

        @Override
        Ring open(GuestMemory memory, QueueState queue, boolean eventIndex, boolean indirect) {
            return new PackedRing(memory, queue, eventIndex, indirect);
        }
    };

    private static final String MISPLACED = "a part of the queue is unaligned or not in memory";

    private final short origin;

    RingFormat(int origin) {
        this.origin = (short) origin;
    }

    /** The device's place in a ring that has just been enabled. */
    short origin() {
        return origin;
    }

    /** What keeps a driver from enabling a queue like this, or null if nothing does. */
    abstract String obstacle(QueueState queue, GuestMemory memory, int maxSize);

    /** The ring of an enabled queue against which there is no obstacle. */
    abstract Ring open(GuestMemory memory, QueueState queue, boolean eventIndex, boolean indirect);

    private static boolean placed(GuestMemory memory, long address, int alignment, long length) {
        return address % alignment == 0 && memory.contains(address, length);
    }
}
