package org.sterna.device.virtio;

import java.lang.invoke.VarHandle;
import org.sterna.machine.memory.GuestMemory;

/** The two rings of a split virtqueue (virtio 1.3, sections 2.7.6 to 2.7.10), with the device's place in them. */
final class SplitRing {
    private static final int NO_INTERRUPT = 1;

    private final GuestMemory memory;
    private final int size;
    private final long available;
    private final long used;
    private final boolean eventIndex;
    private short nextAvailable;
    private short nextUsed;

    SplitRing(GuestMemory memory, QueueState state, boolean eventIndex) {
        this.memory = memory;
        this.size = state.size();
        this.available = state.driverArea();
        this.used = state.deviceArea();
        this.eventIndex = eventIndex;
        this.nextAvailable = state.nextAvailable();
        this.nextUsed = state.nextUsed();
    }

    short nextAvailable() {
        return nextAvailable;
    }

    short nextUsed() {
        return nextUsed;
    }

    /** Whether the driver has made available what has not been taken yet; if not, it will notify. */
    boolean hasNext() throws DriverFault {
        if (filled()) {
            return true;
        }
        if (!eventIndex) {
            return false;
        }
        memory.putShort(used + 4 + 8L * size, nextAvailable);
        // Between the look above and this wish the driver may have added one without notifying (section 2.7.10).
        VarHandle.fullFence();
        return filled();
    }

    private boolean filled() throws DriverFault {
        short index = memory.getShort(available + 2);
        // Every chain has a descriptor of its own, so never more than all of them are with the device.
        if ((index - nextUsed & 0xffff) > size) {
            throw new DriverFault("the available index went from " + (nextAvailable & 0xffff) + " to "
                + (index & 0xffff) + " with a queue of " + size);
        }
        // What the driver wrote before the index must not be read before it.
        VarHandle.acquireFence();
        return index != nextAvailable;
    }

    /** The head of the next chain. */
    int take() {
        int head = memory.getShort(available + 4 + 2L * slot(nextAvailable)) & 0xffff;
        nextAvailable++;
        return head;
    }

    /**
     * Puts a chain into the used ring.
     *
     * @return whether the driver wants to be notified
     */
    boolean push(int head, long written) {
        short position = nextUsed++;
        memory.putLong(used + 4 + 8L * slot(position), head | written << 32);
        VarHandle.releaseFence();
        memory.putShort(used + 2, nextUsed);
        // The driver writes its wish and then looks at the index; the device does it the other way round.
        VarHandle.fullFence();
        return eventIndex ? memory.getShort(available + 4 + 2L * size) == position
            : (memory.getShort(available) & NO_INTERRUPT) == 0;
    }

    private int slot(short position) {
        return position & size - 1;
    }
}
