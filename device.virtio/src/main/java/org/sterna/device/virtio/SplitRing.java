package org.sterna.device.virtio;

import java.lang.invoke.VarHandle;
import java.util.List;
import org.sterna.machine.memory.GuestMemory;

/** A split virtqueue: a table of descriptors and two rings (virtio 1.3, section 2.7). */
final class SplitRing implements Ring {
    static final int DESCRIPTOR_BYTES = ChainBuilder.DESCRIPTOR_BYTES;
    private static final int NO_INTERRUPT = 1;
    /** Some drivers make indirect tables longer than the queue; a chain longer than this, and the queue, is a loop. */
    private static final int LONGEST_CHAIN = 1024;

    private final GuestMemory memory;
    private final int size;
    private final long descriptors;
    private final long available;
    private final long used;
    private final boolean eventIndex;
    private final boolean indirectAllowed;
    private short nextAvailable;
    private short nextUsed;

    SplitRing(GuestMemory memory, QueueState state, boolean eventIndex, boolean indirectAllowed) {
        this.memory = memory;
        this.size = state.size();
        this.descriptors = state.descriptorArea();
        this.available = state.driverArea();
        this.used = state.deviceArea();
        this.eventIndex = eventIndex;
        this.indirectAllowed = indirectAllowed;
        this.nextAvailable = state.nextAvailable();
        this.nextUsed = state.nextUsed();
    }

    @Override
    public short nextAvailable() {
        return nextAvailable;
    }

    @Override
    public short nextUsed() {
        return nextUsed;
    }

    @Override
    public DescriptorChain take(Virtqueue queue) throws DriverFault {
        if (!hasNext()) {
            return null;
        }
        int head = memory.getShort(available + 4 + 2L * slot(nextAvailable)) & 0xffff;
        nextAvailable++;
        return read(queue, head);
    }

    @Override
    public boolean hasNext() throws DriverFault {
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

    /** Follows a chain (sections 2.7.5 and 2.7.5.3). */
    private DescriptorChain read(Virtqueue queue, int head) throws DriverFault {
        var chain = new ChainBuilder(memory);
        long table = descriptors;
        int tableLength = size;
        boolean indirect = false;
        int index = head;
        for (int seen = 0; seen < Math.max(size, LONGEST_CHAIN); seen++) {
            if (index >= tableLength) {
                throw new DriverFault("descriptor " + index + " is not in a table of " + tableLength);
            }
            long descriptor = table + (long) index * DESCRIPTOR_BYTES;
            long address = memory.getLong(descriptor);
            long length = memory.getInt(descriptor + 8) & 0xffff_ffffL;
            int flags = memory.getShort(descriptor + 12);
            index = memory.getShort(descriptor + 14) & 0xffff;
            if ((flags & ChainBuilder.INDIRECT) != 0) {
                tableLength = chain.tableLength(address, length, flags, indirectAllowed && !indirect);
                indirect = true;
                table = address;
                index = 0;
                continue;
            }
            chain.add(address, length, flags);
            if ((flags & ChainBuilder.NEXT) == 0) {
                return chain.build(queue, head, List.of());
            }
        }
        throw new DriverFault("a descriptor chain does not end");
    }

    @Override
    public boolean give(DescriptorChain chain, long written) {
        short position = nextUsed++;
        memory.putLong(used + 4 + 8L * slot(position), chain.id() | written << 32);
        VarHandle.releaseFence();
        memory.putShort(used + 2, nextUsed);
        // The driver writes its wish and then looks at the index; the device does it the other way round.
        VarHandle.fullFence();
        return eventIndex ? memory.getShort(available + 4 + 2L * size) == position
            : (memory.getShort(available) & NO_INTERRUPT) == 0;
    }

    /**
     * Only the order of entries changes, and only if others came back meanwhile: the driver has written as many there, and
     * reuses none before its chain has come back.
     */
    @Override
    public void putBack(List<DescriptorChain> chains) {
        nextAvailable -= (short) chains.size();
        short position = nextAvailable;
        for (DescriptorChain chain : chains) {
            long entry = available + 4 + 2L * slot(position++);
            if (memory.getShort(entry) != (short) chain.id()) {
                memory.putShort(entry, (short) chain.id());
            }
        }
    }

    private int slot(short position) {
        return position & size - 1;
    }
}
