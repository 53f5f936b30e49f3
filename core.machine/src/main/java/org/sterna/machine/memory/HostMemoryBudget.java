package org.sterna.machine.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * How much host memory one machine may use for what its guest makes it hold, guest memory aside. A guest decides how many
 * instructions are decoded and how many requests are in flight, so without a limit it could use up the memory of the
 * process, in which other machines run.
 *
 * <p>A quarter is for the devices, in equal parts for each that has asked for its account; the rest is for the processors,
 * in equal parts. All methods may be called from any thread.
 *
 * @since 1.1
 */
public final class HostMemoryBudget {
    /** The least limit in bytes. */
    public static final long LEAST = 4 << 20;
    private static final long DEFAULT_BASE = 64 << 20;
    private static final long DEFAULT_PER_PROCESSOR = 64 << 20;

    private final LongSupplier share;
    private final List<HostMemoryAccount> processors = new ArrayList<>();
    private final Map<String, HostMemoryAccount> devices = new ConcurrentHashMap<>();
    private volatile long wanted;

    /**
     * A budget of 64 MiB, and 64 MiB more for each processor.
     *
     * @param processorCount the number of processors, at least 1
     * @param share          the most bytes that the process has for the machine at present; no limit can be above that
     */
    public HostMemoryBudget(int processorCount, LongSupplier share) {
        this.share = share;
        this.wanted = DEFAULT_BASE + processorCount * DEFAULT_PER_PROCESSOR;
        for (int i = 0; i < processorCount; i++) {
            processors.add(new HostMemoryAccount(() -> (limit() - deviceLimit()) / processorCount));
        }
    }

    /** The limit in bytes that is in force: the one that was set, or the machine's share of the process's memory if that is less. */
    public long limit() {
        return Math.min(wanted, Math.max(LEAST, share.getAsLong()));
    }

    /**
     * Sets the limit. If more is in use at this moment, it is given back when the processors and devices next look.
     *
     * @param bytes at least {@link #LEAST}
     */
    public void limit(long bytes) {
        if (bytes < LEAST) {
            throw new IllegalArgumentException(bytes + " bytes are less than the " + LEAST + " that a machine needs");
        }
        wanted = bytes;
    }

    /** The number of bytes in use. */
    public long used() {
        long used = 0;
        for (HostMemoryAccount account : processors) {
            used += account.used();
        }
        for (HostMemoryAccount account : devices.values()) {
            used += account.used();
        }
        return used;
    }

    /** The account of a processor, by its number. */
    public HostMemoryAccount processor(int index) {
        return processors.get(index);
    }

    /** The account of a device, by its path; all implementations that the device has one after the other share it. */
    public HostMemoryAccount device(String path) {
        return devices.computeIfAbsent(path, added -> new HostMemoryAccount(() -> deviceLimit() / Math.max(1, devices.size())));
    }

    /** What all devices together may use. */
    private long deviceLimit() {
        return limit() / 4;
    }
}
