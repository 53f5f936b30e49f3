package org.sterna.machine.memory;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Counts the host memory that one device or processor uses because of what its guest does: decoded instructions, requests
 * in flight, anything whose size the guest decides. Guest memory does not count.
 *
 * <p>An account neither allocates nor refuses. Its user looks at {@link #exhausted()} before it uses more, and then gives
 * something back first (a processor drops decoded instructions) or waits (a device leaves requests in its queue). So it
 * may use a little more than its limit, but never without bound. All methods may be called from any thread.
 *
 * @since 1.1
 */
public final class HostMemoryAccount {
    private final LongSupplier limit;
    private final AtomicLong used = new AtomicLong();

    /**
     * An empty account.
     *
     * @param limit how many bytes may be used; it may say something else each time
     */
    public HostMemoryAccount(LongSupplier limit) {
        this.limit = limit;
    }

    /** How many bytes may be used; it changes with the machine's {@linkplain HostMemoryBudget budget}. */
    public long limit() {
        return limit.getAsLong();
    }

    /** How many bytes are in use. */
    public long used() {
        return used.get();
    }

    /** Whether all that may be used is in use. */
    public boolean exhausted() {
        return used() >= limit();
    }

    /**
     * Counts bytes that are in use from now on.
     *
     * @param bytes not negative
     */
    public void reserve(long bytes) {
        used.addAndGet(checked(bytes));
    }

    /**
     * Counts bytes that are no longer in use.
     *
     * @param bytes not negative, and not more than are in use
     */
    public void release(long bytes) {
        used.addAndGet(-checked(bytes));
    }

    private static long checked(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("a negative number of bytes: " + bytes);
        }
        return bytes;
    }
}
