package org.sterna.device.virtio;

import org.sterna.machine.state.Field;

/**
 * The state of one virtqueue. Requests are drained before a state is taken, so none is part of it.
 *
 * @param size           the number of entries, as the driver last wrote it
 * @param ready          whether the driver has enabled it
 * @param descriptorArea guest-physical address of the descriptor table, or of the packed ring
 * @param driverArea     guest-physical address of the available ring, or of the driver's event suppression
 * @param deviceArea     guest-physical address of the used ring, or of the device's event suppression
 * @param nextAvailable  the index of the next available entry to take; in a packed ring bit 15 is the wrap counter
 * @param nextUsed       the index of the next used entry to fill; in a packed ring bit 15 is the wrap counter
 */
public record QueueState(@Field(1) int size, @Field(2) boolean ready, @Field(3) long descriptorArea,
        @Field(4) long driverArea, @Field(5) long deviceArea, @Field(6) short nextAvailable,
        @Field(7) short nextUsed) {
    /** A queue that the driver has not touched, whose size register holds its maximum. */
    static QueueState untouched(int maxSize) {
        return stopped(maxSize, 0, 0, 0);
    }

    /** A queue that is not enabled, as the driver has programmed it. */
    static QueueState stopped(int size, long descriptorArea, long driverArea, long deviceArea) {
        return new QueueState(size, false, descriptorArea, driverArea, deviceArea, (short) 0, (short) 0);
    }

    /** The same queue, enabled, with the device at some place in its rings. */
    QueueState enabledAt(short available, short used) {
        return new QueueState(size, true, descriptorArea, driverArea, deviceArea, available, used);
    }
}
