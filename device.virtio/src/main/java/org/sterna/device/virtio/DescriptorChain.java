package org.sterna.device.virtio;

import java.util.List;

/**
 * One request of the driver, taken from a queue: the buffers that the device reads and the buffers that it writes. The
 * device gives each back exactly once with {@link #complete}, in any order.
 */
public final class DescriptorChain {
    private final Virtqueue queue;
    private final int id;
    private final List<RingDescriptor> inRing;
    private final GuestBuffers readable;
    private final GuestBuffers writable;
    private final InFlight inFlight;
    /** How much it counts as in flight. */
    private final long memory;
    private long work;
    private boolean completed;

    DescriptorChain(Virtqueue queue, int id, List<RingDescriptor> inRing, GuestBuffers readable, GuestBuffers writable) {
        this.queue = queue;
        this.inFlight = queue.inFlight();
        this.memory = inFlight.memory(readable, writable);
        this.id = id;
        this.inRing = List.copyOf(inRing);
        this.readable = readable;
        this.writable = writable;
    }

    /** By what the driver knows it again: the index of its first descriptor, or a buffer id. */
    int id() {
        return id;
    }

    /** How many places of a packed ring it takes. */
    int places() {
        return inRing.size();
    }

    /** Its descriptors in a packed ring, which does not keep them; none in a split ring, which does. */
    List<RingDescriptor> ringDescriptors() {
        return inRing;
    }

    Virtqueue queue() {
        return queue;
    }

    /** It is with the device no longer, and was not answered. */
    void abandon() {
        finish();
    }

    private void finish() {
        if (completed) {
            throw new IllegalStateException("the chain " + id + " has been completed before");
        }
        completed = true;
        inFlight.end(memory, work);
    }

    /** It is with the device from now on, until it is completed. */
    void begin() {
        inFlight.begin(memory);
    }

    /** What the driver gives to the device. */
    public GuestBuffers readable() {
        return readable;
    }

    /** Where the device answers. */
    public GuestBuffers writable() {
        return writable;
    }

    /**
     * Whether the driver still waits for it. It does not after it has reset the device or stopped the queue; a device
     * then writes nothing more to its buffers, and the reset is not acknowledged before every chain is completed.
     */
    public boolean wanted() {
        return queue.wantsCompletions();
    }

    /**
     * Says that the device has more to do for it than its buffers show, such as to write zeroes to a part of a disk. That counts
     * as in flight until the chain is completed. While too much is in flight {@link Virtqueue#poll} keeps chains back, so that a
     * pause, which waits for what is in flight, does not wait for long.
     *
     * @param bytes how many bytes are read, written or cleared for it beside those of its buffers, not negative; 32 MiB or more are as
     *              much as may be under way at once
     * @throws IllegalStateException if it has been completed
     * @since 1.2
     */
    public void addWork(long bytes) {
        if (completed) {
            throw new IllegalStateException("the chain " + id + " has been completed");
        }
        if (bytes < 0) {
            throw new IllegalArgumentException("a negative number of bytes: " + bytes);
        }
        long more = Math.min(bytes, InFlight.MOST_WORK - work);
        inFlight.add(more);
        work += more;
    }

    /**
     * Gives it back. If the driver no longer wants it, nothing is written to guest memory.
     *
     * @param written how many bytes have been written, from the first of {@link #writable} on without a gap
     */
    public void complete(long written) {
        finish();
        queue.complete(this, written);
    }

    /** Gives it back as one that cannot even be answered with an error: the device stops until it is reset. */
    public void reject(String reason) {
        if (wanted()) {
            queue.fail(reason);
        }
        complete(0);
    }
}
