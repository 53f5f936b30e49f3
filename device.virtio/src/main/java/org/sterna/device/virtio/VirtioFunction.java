package org.sterna.device.virtio;

import org.osgi.annotation.versioning.ConsumerType;

/** What makes a device of the transport: a block device, a network card. All methods are called serialized. */
@ConsumerType
public interface VirtioFunction {
    /** The device id (virtio 1.3, section 5), such as 2 for a block device. */
    int deviceId();

    /** The configuration space as it is now. */
    ConfigSpace config();

    /**
     * The driver has put chains into a queue. The device takes as many as it likes with {@link Virtqueue#poll} and
     * completes them now or later. It is called again for those that {@code poll} has not given out yet.
     */
    void serve(Virtqueue queue);

    /**
     * The driver has written to the configuration space. The device ignores what is not a writable field.
     *
     * @param offset the first byte, from 0
     * @param size   1, 2, 4 or 8 bytes
     * @param value  what was written
     * @since 1.1
     */
    default void writeConfig(int offset, int size, long value) {
    }

    /** The driver has reset the device; every feature is unacknowledged and every queue has stopped. */
    default void onReset() {
    }
}
