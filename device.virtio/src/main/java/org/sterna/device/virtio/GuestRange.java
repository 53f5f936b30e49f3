package org.sterna.device.virtio;

/**
 * A range of guest RAM.
 *
 * @param address the guest-physical address of its first byte
 * @param length  its length in bytes, positive
 */
public record GuestRange(long address, long length) {
}
