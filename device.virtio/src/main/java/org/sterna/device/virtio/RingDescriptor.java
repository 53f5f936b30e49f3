package org.sterna.device.virtio;

/**
 * A descriptor of a packed ring as the driver wrote it (virtio 1.3, section 2.8.13).
 *
 * @param address guest-physical address
 * @param length  in bytes, unsigned
 * @param id      by what the driver knows the buffer again
 * @param flags   all of them
 */
record RingDescriptor(long address, int length, short id, short flags) {
}
