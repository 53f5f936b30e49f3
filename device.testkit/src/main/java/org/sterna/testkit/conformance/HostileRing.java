package org.sterna.testkit.conformance;

import java.util.List;
import org.sterna.machine.memory.GuestMemory;

/**
 * A virtqueue as a hostile driver sees it: where it lies, how a descriptor looks, and how one says that there is something for
 * the device. It keeps no account of what the device has given back.
 */
abstract sealed class HostileRing {
    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;
    /** The size of a descriptor, in a ring or in a table, of either format. */
    static final int DESCRIPTOR_BYTES = 16;

    private final GuestMemory memory;
    private final Place place;

    /**
     * Where a queue is.
     *
     * @param size        the number of its descriptors
     * @param descriptors the descriptor table, or the ring
     * @param driverArea  the available ring, or the driver's event suppression
     * @param deviceArea  the used ring, or the device's event suppression
     */
    record Place(int size, long descriptors, long driverArea, long deviceArea) {
    }

    /** One buffer, or what claims to be one. */
    record Descriptor(long address, long length, int flags) {
        Descriptor with(int moreFlags) {
            return new Descriptor(address, length, flags | moreFlags);
        }
    }

    private HostileRing(GuestMemory memory, Place place) {
        this.memory = memory;
        this.place = place;
    }

    static HostileRing of(GuestMemory memory, Place place, boolean packed) {
        return packed ? new Packed(memory, place) : new Split(memory, place);
    }

    /** Where it is. */
    final Place place() {
        return place;
    }

    /**
     * Lays out a chain and makes it available.
     *
     * @param endless whether its last descriptor says that there is another one, for ever
     */
    abstract void offer(List<Descriptor> chain, boolean endless);

    /** Makes available what is not there, or was there before. */
    abstract void offerNothing(HostileValues values);

    /** Writes a descriptor at an address; the link is the next one of a split queue, or the id of a packed one. */
    abstract void describe(long at, Descriptor descriptor, int link);

    /** Lays out an indirect table of descriptors, and gives the descriptor that refers to it. */
    final Descriptor table(long at, List<Descriptor> chain, boolean endless) {
        for (int i = 0; i < chain.size(); i++) {
            boolean last = i == chain.size() - 1;
            Descriptor descriptor = last && !endless ? chain.get(i) : chain.get(i).with(NEXT);
            describe(at + (long) DESCRIPTOR_BYTES * i, descriptor, last ? 0 : i + 1);
        }
        return new Descriptor(at, (long) DESCRIPTOR_BYTES * chain.size(), INDIRECT);
    }

    /** The address of a descriptor of the ring. */
    final long at(int entry) {
        return place.descriptors() + (long) DESCRIPTOR_BYTES * entry;
    }

    final void put(long at, int value) {
        if (memory.contains(at, 2)) {
            memory.putShort(at, (short) value);
        }
    }

    final void put(long at, long address, long length) {
        if (memory.contains(at, DESCRIPTOR_BYTES)) {
            memory.putLong(at, address);
            memory.putInt(at + 8, (int) length);
        }
    }

    private static final class Split extends HostileRing {
        private int entry;
        private int index;

        Split(GuestMemory memory, Place place) {
            super(memory, place);
        }

        @Override
        void describe(long at, Descriptor descriptor, int link) {
            put(at, descriptor.address(), descriptor.length());
            put(at + 12, descriptor.flags());
            put(at + 14, link);
        }

        @Override
        void offer(List<Descriptor> chain, boolean endless) {
            int first = entry;
            for (int i = 0; i < chain.size(); i++) {
                boolean last = i == chain.size() - 1;
                int following = (entry + 1) % place().size();
                describe(at(entry), last && !endless ? chain.get(i) : chain.get(i).with(NEXT), last ? first : following);
                entry = following;
            }
            publish(first);
        }

        private void publish(int head) {
            put(place().driverArea() + 4 + 2L * (index % place().size()), head);
            put(place().driverArea() + 2, ++index);
        }

        @Override
        void offerNothing(HostileValues values) {
            if (values.once(2)) {
                publish(values.once(2) ? values.below(place().size()) : values.below(1 << 16));
            } else {
                index += values.once(2) ? values.below(1 << 16) : values.below(place().size() + 2) - 1;
                put(place().driverArea() + 2, index);
            }
        }
    }

    private static final class Packed extends HostileRing {
        private static final int AVAILABLE = 1 << 7;
        private static final int USED = 1 << 15;

        private int next;
        private boolean lap = true;

        Packed(GuestMemory memory, Place place) {
            super(memory, place);
        }

        @Override
        void describe(long at, Descriptor descriptor, int link) {
            put(at, descriptor.address(), descriptor.length());
            put(at + 12, link);
            put(at + 14, descriptor.flags());
        }

        @Override
        void offer(List<Descriptor> chain, boolean endless) {
            for (int i = 0; i < (endless ? place().size() : chain.size()); i++) {
                Descriptor descriptor = chain.get(i % chain.size());
                append(i == chain.size() - 1 && !endless ? descriptor : descriptor.with(NEXT), next);
            }
        }

        private void append(Descriptor descriptor, int id) {
            describe(at(next), descriptor.with(lap ? AVAILABLE : USED), id);
            if (++next == place().size()) {
                next = 0;
                lap = !lap;
            }
        }

        @Override
        void offerNothing(HostileValues values) {
            switch (values.below(4)) {
                case 0 -> lap = !lap;
                case 1 -> next = values.below(place().size());
                case 2 -> put(at(next) + 14, values.below(1 << 16));
                default -> put(at(next) + 14, lap ? AVAILABLE : USED);
            }
        }
    }
}
