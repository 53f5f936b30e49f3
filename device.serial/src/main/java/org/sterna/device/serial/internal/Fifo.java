package org.sterna.device.serial.internal;

/** A ring of bytes. */
final class Fifo {
    private final byte[] ring;
    private int head;
    private int size;

    /**
     * An empty ring.
     *
     * @param capacity how many bytes it has room for, a power of two
     */
    Fifo(int capacity) {
        ring = new byte[capacity];
    }

    int size() {
        return size;
    }

    void clear() {
        size = 0;
    }

    /** Appends a byte; there must be room. */
    void add(int value) {
        ring[head + size & ring.length - 1] = (byte) value;
        size++;
    }

    /** Takes the oldest byte, 0 to 255; there must be one. */
    int remove() {
        int value = ring[head] & 0xff;
        head = head + 1 & ring.length - 1;
        size--;
        return value;
    }

    /** Puts another byte in the place of the oldest, and gives that one; there must be one. */
    int replaceOldest(int value) {
        int oldest = ring[head] & 0xff;
        ring[head] = (byte) value;
        return oldest;
    }

    /** The bytes, oldest first. */
    byte[] toArray() {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = ring[head + i & ring.length - 1];
        }
        return bytes;
    }

    /** Replaces the content; at most as many bytes as there is room for. */
    void set(byte[] bytes) {
        clear();
        for (byte value : bytes) {
            add(value);
        }
    }
}
