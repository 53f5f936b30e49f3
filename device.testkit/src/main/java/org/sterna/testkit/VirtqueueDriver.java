package org.sterna.testkit;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.memory.GuestMemory;

/** The driver's side of one split virtqueue (virtio 1.3, section 2.7). */
public final class VirtqueueDriver implements QueueDriver {
    /** Descriptor flag: another one follows. */
    public static final int NEXT = 1;
    /** Descriptor flag: the device writes. */
    public static final int WRITE = 2;
    /** Descriptor flag: refers to a table of descriptors. */
    public static final int INDIRECT = 4;

    private final VirtioDriver driver;
    private final int index;
    private final int size;
    private final long descriptors;
    private final long available;
    private final long used;
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final Map<Integer, List<Integer>> chains = new HashMap<>();
    private short nextAvailable;
    private short notified;
    private short nextUsed;

    /**
     * A buffer that a chain consists of.
     *
     * @param address  its guest-physical address
     * @param length   its length in bytes
     * @param writable whether the device writes it; otherwise it reads it
     */
    public record Buffer(long address, int length, boolean writable) {
        /** A buffer that the device reads. */
        public static Buffer readable(long address, int length) {
            return new Buffer(address, length, false);
        }

        /** A buffer that the device writes. */
        public static Buffer writable(long address, int length) {
            return new Buffer(address, length, true);
        }
    }

    /**
     * A chain that the device has given back.
     *
     * @param head    what {@link #add} gave
     * @param written the number of bytes that the device says it has written
     */
    public record Used(int head, int written) {
    }

    VirtqueueDriver(VirtioDriver driver, int index, int size) {
        this.driver = driver;
        this.index = index;
        this.size = size;
        // A legacy queue is one run of memory with its two halves on pages of their own.
        this.descriptors = driver.allocate(16L * size, driver.legacy() ? VirtioDriver.PAGE : 16);
        this.available = driver.allocate(6 + 2L * size, 2);
        this.used = driver.allocate(6 + 8L * size, driver.legacy() ? VirtioDriver.PAGE : 4);
        restart();
    }

    /** Empties the rings and enables the queue again in the same place, after a reset. */
    public void restart() {
        memory().fill(descriptors, 16L * size, (byte) 0);
        memory().fill(available, 6 + 2L * size, (byte) 0);
        memory().fill(used, 6 + 8L * size, (byte) 0);
        chains.clear();
        free.clear();
        for (int i = 0; i < size; i++) {
            free.add(i);
        }
        nextAvailable = 0;
        notified = 0;
        nextUsed = 0;
        driver.enable(index, size, descriptors, available, used);
    }

    private GuestMemory memory() {
        return driver.bench().memory();
    }

    private boolean eventIndex() {
        return (driver.features() & VirtioDriver.EVENT_IDX) != 0;
    }

    /** The guest-physical address of the descriptor table. */
    public long descriptors() {
        return descriptors;
    }

    /** The guest-physical address of the available ring. */
    public long available() {
        return available;
    }

    /** The guest-physical address of the used ring. */
    public long used() {
        return used;
    }

    /** The used ring's index, as the device has written it. */
    public int usedIndex() {
        return memory().getShort(used + 2) & 0xffff;
    }

    /** Writes any descriptor into any table. */
    public void describe(long table, int entry, long address, int length, int flags, int next) {
        long at = table + 16L * entry;
        memory().putLong(at, address);
        memory().putInt(at + 8, length);
        memory().putShort(at + 12, (short) flags);
        memory().putShort(at + 14, (short) next);
    }

    @Override
    public int add(List<Buffer> buffers) {
        var entries = new ArrayList<Integer>();
        for (int i = 0; i < buffers.size(); i++) {
            entries.add(free.remove());
        }
        for (int i = 0; i < buffers.size(); i++) {
            boolean last = i == buffers.size() - 1;
            describe(descriptors, entries.get(i), buffers.get(i), last ? -1 : entries.get(i + 1));
        }
        chains.put(entries.getFirst(), entries);
        publish(entries.getFirst());
        return entries.getFirst();
    }

    @Override
    public int addIndirect(long table, List<Buffer> buffers) {
        for (int i = 0; i < buffers.size(); i++) {
            describe(table, i, buffers.get(i), i == buffers.size() - 1 ? -1 : i + 1);
        }
        int head = free.remove();
        describe(descriptors, head, table, 16 * buffers.size(), INDIRECT, 0);
        chains.put(head, List.of(head));
        publish(head);
        return head;
    }

    private void describe(long table, int entry, Buffer buffer, int next) {
        int flags = (buffer.writable() ? WRITE : 0) | (next < 0 ? 0 : NEXT);
        describe(table, entry, buffer.address(), buffer.length(), flags, Math.max(next, 0));
    }

    /** Puts any number as a head into the available ring. */
    public void publish(int head) {
        memory().putShort(available + 4 + 2L * (nextAvailable & size - 1), (short) head);
        VarHandle.releaseFence();
        nextAvailable++;
        memory().putShort(available + 2, nextAvailable);
    }

    @Override
    public boolean kick() {
        VarHandle.fullFence();
        boolean wanted;
        if (eventIndex()) {
            short event = memory().getShort(used + 4 + 8L * size);
            wanted = (nextAvailable - event - 1 & 0xffff) < (nextAvailable - notified & 0xffff);
        } else {
            wanted = (memory().getShort(used) & 1) == 0;
        }
        notified = nextAvailable;
        if (wanted) {
            driver.write(VirtioDriver.QUEUE_NOTIFY, index);
        }
        return wanted;
    }

    @Override
    public void wantInterruptAfter(int chains) {
        memory().putShort(available + 4 + 2L * size, (short) (nextUsed + chains - 1));
    }

    @Override
    public void wantNoInterrupts() {
        memory().putShort(available, (short) 1);
    }

    @Override
    public Used poll() {
        if (memory().getShort(used + 2) == nextUsed) {
            return null;
        }
        VarHandle.acquireFence();
        long at = used + 4 + 8L * (nextUsed & size - 1);
        nextUsed++;
        int head = memory().getInt(at);
        List<Integer> entries = chains.remove(head);
        if (entries == null) {
            throw new AssertionError("the device gave back " + head + ", which it did not have");
        }
        free.addAll(entries);
        return new Used(head, memory().getInt(at + 4));
    }

    @Override
    public Used await() {
        driver.bench().await("a used buffer", () -> memory().getShort(used + 2) != nextUsed);
        return poll();
    }
}
