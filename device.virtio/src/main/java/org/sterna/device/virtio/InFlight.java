package org.sterna.device.virtio;

import org.sterna.machine.memory.HostMemoryAccount;

/**
 * How much is in flight in a device: what the chains that it has taken and not given back cost the host. While that is as
 * much as the device's account allows, each queue gives out one chain at a time; the others stay in guest memory, which
 * costs the host nothing.
 */
final class InFlight {
    /** About what the host keeps of a chain, and of each of its buffers, in bytes. */
    private static final long CHAIN_BYTES = 1024;
    private static final long BUFFER_BYTES = 128;

    private final HostMemoryAccount account;

    InFlight(HostMemoryAccount account) {
        this.account = account;
    }

    boolean full() {
        return account.exhausted();
    }

    /** What a chain costs: the bytes of its buffers, and what the host keeps of it. */
    long cost(GuestBuffers readable, GuestBuffers writable) {
        int buffers = readable.ranges().size() + writable.ranges().size();
        return bounded(readable.length() + writable.length() + CHAIN_BYTES + BUFFER_BYTES * buffers);
    }

    /** A chain of many gigabytes counts no more than all that may be in flight: it is alone then in any case. */
    long bounded(long cost) {
        return Math.min(cost, account.limit());
    }

    void begin(long cost) {
        account.reserve(cost);
    }

    void end(long cost) {
        account.release(cost);
    }
}
