package org.sterna.testkit;

import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.testkit.VirtqueueDriver.Buffer;
import org.sterna.testkit.VirtqueueDriver.Used;

/** The driver's side of one packed virtqueue (virtio 1.3, section 2.8). */
public final class PackedQueueDriver implements QueueDriver {
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int WRAP = 0x8000;

    private final VirtioDriver driver;
    private final int index;
    private final int size;
    private final long ring;
    private final long driverEvent;
    private final long deviceEvent;
    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();
    private final Map<Integer, Integer> places = new HashMap<>();
    private int next;
    private boolean nextWrap = true;
    private int used;
    private boolean usedWrap = true;
    private int pending;

    PackedQueueDriver(VirtioDriver driver, int index, int size) {
        this.driver = driver;
        this.index = index;
        this.size = size;
        this.ring = driver.allocate(16L * size, 16);
        this.driverEvent = driver.allocate(4, 4);
        this.deviceEvent = driver.allocate(4, 4);
        for (int i = 0; i < size; i++) {
            // Ids that are no positions, since a driver may choose them freely.
            freeIds.add(0x4000 + 3 * i);
        }
        driver.enable(index, size, ring, driverEvent, deviceEvent);
    }

    private GuestMemory memory() {
        return driver.bench().memory();
    }

    /** The guest-physical address of the ring. */
    public long ring() {
        return ring;
    }

    /** The guest-physical address of the device's event suppression. */
    public long deviceEvent() {
        return deviceEvent;
    }

    /** Writes any descriptor into any table, or into the ring. */
    public void describe(long table, int entry, long address, int length, int id, int flags) {
        long at = table + 16L * entry;
        memory().putLong(at, address);
        memory().putInt(at + 8, length);
        memory().putShort(at + 12, (short) id);
        VarHandle.releaseFence();
        memory().putShort(at + 14, (short) flags);
    }

    /** Writes any descriptor to the next place of the ring and makes it available. */
    public void publish(long address, int length, int id, int flags) {
        describe(ring, next, address, length, id, flags | lap());
        advance();
    }

    private int lap() {
        return nextWrap ? AVAILABLE : USED;
    }

    private void advance() {
        pending++;
        if (++next == size) {
            next = 0;
            nextWrap = !nextWrap;
        }
    }

    @Override
    public int add(List<Buffer> buffers) {
        if (taken() + buffers.size() > size) {
            throw new IllegalStateException("the ring is full");
        }
        int id = freeIds.remove();
        int first = next;
        int firstFlags = 0;
        for (int i = 0; i < buffers.size(); i++) {
            Buffer buffer = buffers.get(i);
            int flags = lap() | (buffer.writable() ? VirtqueueDriver.WRITE : 0)
                | (i < buffers.size() - 1 ? VirtqueueDriver.NEXT : 0);
            // The flags of the first are written last: the device may look at any time.
            describe(ring, next, buffer.address(), buffer.length(), id, i == 0 ? flags ^ AVAILABLE ^ USED : flags);
            firstFlags = i == 0 ? flags : firstFlags;
            advance();
        }
        VarHandle.releaseFence();
        memory().putShort(ring + 16L * first + 14, (short) firstFlags);
        places.put(id, buffers.size());
        return id;
    }

    private int taken() {
        return places.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public int addIndirect(long table, List<Buffer> buffers) {
        for (int i = 0; i < buffers.size(); i++) {
            describe(table, i, buffers.get(i).address(), buffers.get(i).length(), 0,
                buffers.get(i).writable() ? VirtqueueDriver.WRITE : 0);
        }
        int id = freeIds.remove();
        publish(table, 16 * buffers.size(), id, VirtqueueDriver.INDIRECT);
        places.put(id, 1);
        return id;
    }

    @Override
    public boolean kick() {
        VarHandle.fullFence();
        boolean wanted = switch (memory().getShort(deviceEvent + 2) & 3) {
            case 1 -> false;
            case 2 -> {
                int place = memory().getShort(deviceEvent) & 0xffff;
                int back = next - (place & ~WRAP) + ((place & WRAP) != 0 == nextWrap ? 0 : size);
                yield back > 0 && back <= pending;
            }
            default -> true;
        };
        pending = 0;
        if (wanted) {
            driver.write(VirtioDriver.QUEUE_NOTIFY, index);
        }
        return wanted;
    }

    /** Asks for an interrupt when the device uses the place so many places after the next to be used; 1 is the next. */
    @Override
    public void wantInterruptAfter(int count) {
        int position = used + count - 1;
        boolean over = position >= size;
        memory().putShort(driverEvent, (short) ((over ? position - size : position) | (usedWrap != over ? WRAP : 0)));
        memory().putShort(driverEvent + 2, (short) 2);
    }

    @Override
    public void wantNoInterrupts() {
        memory().putShort(driverEvent + 2, (short) 1);
    }

    private boolean isUsed() {
        int flags = memory().getShort(ring + 16L * used + 14);
        VarHandle.acquireFence();
        return (flags & AVAILABLE) != 0 == usedWrap && (flags & USED) != 0 == usedWrap;
    }

    @Override
    public Used poll() {
        if (!isUsed()) {
            return null;
        }
        int id = memory().getShort(ring + 16L * used + 12) & 0xffff;
        int length = memory().getInt(ring + 16L * used + 8);
        Integer count = places.remove(id);
        if (count == null) {
            throw new AssertionError("the device gave back " + id + ", which it did not have");
        }
        freeIds.add(id);
        used += count;
        if (used >= size) {
            used -= size;
            usedWrap = !usedWrap;
        }
        return new Used(id, length);
    }

    @Override
    public Used await() {
        driver.bench().await("a used buffer", this::isUsed);
        return poll();
    }
}
