package org.sterna.device.virtio;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.memory.GuestMemory;

/**
 * A packed virtqueue: one ring of descriptors that driver and device both write, and for each side a wish when it wants
 * to be notified (virtio 1.3, section 2.8). A place in the ring is a position and, in bit 15, a wrap counter, which
 * turns over whenever the position starts again at 0.
 */
final class PackedRing implements Ring {
    static final int DESCRIPTOR_BYTES = ChainBuilder.DESCRIPTOR_BYTES;
    /** The size of a structure of event suppression (section 2.8.10). */
    static final int EVENT_BYTES = 4;
    /** The wrap counter in a place, which starts at 1. */
    static final int WRAP = 0x8000;
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int NO_EVENTS = 1;
    private static final int EVENT_AT_PLACE = 2;
    /** Some drivers make indirect tables longer than the queue. */
    private static final int LONGEST_TABLE = 1024;

    private final GuestMemory memory;
    private final int size;
    private final long ring;
    private final long driverEvent;
    private final long deviceEvent;
    private final boolean eventIndex;
    private final boolean indirectAllowed;
    private short nextAvailable;
    private short nextUsed;
    private int taken;

    PackedRing(GuestMemory memory, QueueState state, boolean eventIndex, boolean indirectAllowed) {
        this.memory = memory;
        this.size = state.size();
        this.ring = state.descriptorArea();
        this.driverEvent = state.driverArea();
        this.deviceEvent = state.deviceArea();
        this.eventIndex = eventIndex;
        this.indirectAllowed = indirectAllowed;
        this.nextAvailable = state.nextAvailable();
        this.nextUsed = state.nextUsed();
    }

    static int position(short place) {
        return place & ~WRAP & 0xffff;
    }

    private static boolean wrap(short place) {
        return (place & WRAP) != 0;
    }

    private short after(short place, int count) {
        int position = position(place) + count;
        boolean over = position >= size;
        return (short) ((over ? position - size : position) | (wrap(place) != over ? WRAP : 0));
    }

    private short before(short place, int count) {
        int position = position(place) - count;
        boolean over = position < 0;
        return (short) ((over ? position + size : position) | (wrap(place) != over ? WRAP : 0));
    }

    private long at(short place) {
        return ring + (long) position(place) * DESCRIPTOR_BYTES;
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
        return hasNext() ? read(queue) : null;
    }

    @Override
    public boolean hasNext() {
        if (filled()) {
            return true;
        }
        if (!eventIndex) {
            return false;
        }
        memory.putShort(deviceEvent, nextAvailable);
        VarHandle.releaseFence();
        memory.putShort(deviceEvent + 2, (short) EVENT_AT_PLACE);
        // Between the look above and this wish the driver may have added one without notifying.
        VarHandle.fullFence();
        return filled();
    }

    /** Whether the descriptor at the next place is the device's: its two flags say the lap in which it was written. */
    private boolean filled() {
        int flags = memory.getShort(at(nextAvailable) + 14);
        // What the driver wrote before the flags must not be read before them.
        VarHandle.acquireFence();
        boolean lap = wrap(nextAvailable);
        return (flags & AVAILABLE) != 0 == lap && (flags & USED) != 0 != lap;
    }

    /** Reads a list of descriptors; the driver has written the flags of the first one last (section 2.8.6). */
    private DescriptorChain read(Virtqueue queue) throws DriverFault {
        var chain = new ChainBuilder(memory);
        var inRing = new ArrayList<RingDescriptor>(4);
        for (int places = 1; taken + places <= size; places++) {
            long descriptor = at(after(nextAvailable, places - 1));
            long address = memory.getLong(descriptor);
            long length = memory.getInt(descriptor + 8) & 0xffff_ffffL;
            int id = memory.getShort(descriptor + 12) & 0xffff;
            int flags = memory.getShort(descriptor + 14);
            inRing.add(new RingDescriptor(address, (int) length, (short) id, (short) flags));
            if ((flags & ChainBuilder.INDIRECT) != 0) {
                readTable(chain, address, chain.tableLength(address, length, flags, indirectAllowed));
            } else {
                chain.add(address, length, flags);
            }
            if ((flags & ChainBuilder.NEXT) == 0) {
                nextAvailable = after(nextAvailable, places);
                taken += places;
                return chain.build(queue, id, inRing);
            }
        }
        throw new DriverFault("more descriptors are with the device than the " + size + " of the ring");
    }

    /** All descriptors of a table belong to the chain, in their order; only the flag WRITE counts (section 2.8.8). */
    private void readTable(ChainBuilder chain, long table, int length) throws DriverFault {
        if (length > Math.max(size, LONGEST_TABLE)) {
            throw new DriverFault("an indirect table of " + length + " descriptors is too long");
        }
        for (int i = 0; i < length; i++) {
            long descriptor = table + (long) i * DESCRIPTOR_BYTES;
            chain.add(memory.getLong(descriptor), memory.getInt(descriptor + 8) & 0xffff_ffffL,
                memory.getShort(descriptor + 14) & ChainBuilder.WRITE);
        }
    }

    @Override
    public boolean give(DescriptorChain chain, long written) {
        short place = nextUsed;
        long descriptor = at(place);
        memory.putInt(descriptor + 8, (int) written);
        memory.putShort(descriptor + 12, (short) chain.id());
        VarHandle.releaseFence();
        memory.putShort(descriptor + 14,
            (short) ((wrap(place) ? AVAILABLE | USED : 0) | (written > 0 ? ChainBuilder.WRITE : 0)));
        nextUsed = after(place, chain.places());
        taken -= chain.places();
        // The driver writes its wish and then looks at the ring; the device does it the other way round.
        VarHandle.fullFence();
        return switch (memory.getShort(driverEvent + 2) & 3) {
            case NO_EVENTS -> false;
            case EVENT_AT_PLACE -> !eventIndex || passes(place, chain.places(), memory.getShort(driverEvent));
            default -> true;
        };
    }

    @Override
    public void putBack(List<DescriptorChain> chains) {
        int places = chains.stream().mapToInt(DescriptorChain::places).sum();
        nextAvailable = before(nextAvailable, places);
        taken -= places;
        short place = nextAvailable;
        for (DescriptorChain chain : chains) {
            for (RingDescriptor descriptor : chain.ringDescriptors()) {
                long at = at(place);
                memory.putLong(at, descriptor.address());
                memory.putInt(at + 8, descriptor.length());
                memory.putShort(at + 12, descriptor.id());
                memory.putShort(at + 14, (short) (descriptor.flags() & ~(AVAILABLE | USED) | (wrap(place) ? AVAILABLE : USED)));
                place = after(place, 1);
            }
        }
    }

    /** Whether a wished place is among some places from one on. */
    private boolean passes(short from, int count, short wished) {
        int distance = position(wished) - position(from) + (wrap(wished) == wrap(from) ? 0 : size);
        return distance >= 0 && distance < count;
    }
}
