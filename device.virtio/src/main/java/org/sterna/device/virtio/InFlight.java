package org.sterna.device.virtio;

import org.sterna.machine.memory.HostMemoryAccount;

/**
 * How much is in flight in a device: what the chains that it has taken and not given back cost the host. While that is much,
 * each queue gives out one chain at a time; the others stay in guest memory, which costs the host nothing.
 */
final class InFlight {
    /** The most work beyond that of the buffers, in bytes. */
    static final long MOST_WORK = 32 << 20;
    /** About what the host keeps of a chain, and of each of its buffers, in bytes. */
    private static final long CHAIN_BYTES = 1024;
    private static final long BUFFER_BYTES = 128;

    private final HostMemoryAccount account;
    private long work;

    InFlight(HostMemoryAccount account) {
        this.account = account;
    }

    boolean full() {
        return account.exhausted() || work >= MOST_WORK;
    }

    /**
     * What a chain takes of the host's memory at most: the bytes of its buffers, which a device may copy, and what the host keeps of
     * it. A chain of many gigabytes counts no more than the whole account: it is alone then in any case.
     */
    long memory(GuestBuffers readable, GuestBuffers writable) {
        int buffers = readable.ranges().size() + writable.ranges().size();
        return Math.min(readable.length() + writable.length() + CHAIN_BYTES + BUFFER_BYTES * buffers, account.limit());
    }

    /** A chain is with the device. */
    void begin(long memory) {
        account.reserve(memory);
    }

    /** There is more work to do. */
    void add(long more) {
        work += more;
    }

    /** A chain is back. */
    void end(long memory, long itsWork) {
        account.release(memory);
        work -= itsWork;
    }
}
