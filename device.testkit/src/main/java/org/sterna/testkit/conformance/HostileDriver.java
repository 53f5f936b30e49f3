package org.sterna.testkit.conformance;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.conformance.HostileRing.Descriptor;
import org.sterna.testkit.conformance.HostileRing.Place;

/**
 * The part of a {@link HostileGuest} that knows virtio-mmio, so as to come further than chance alone would: it begins as a good
 * driver does, with queues of whatever layout the device has, and most of what it does is right.
 */
final class HostileDriver {
    private static final int QUEUES = 4;
    private static final int PAGE = 4096;
    /** Enough for a queue of 128 descriptors in one run. */
    private static final int ROOM = 2 * PAGE;
    private static final int LOG_MOST_DESCRIPTORS = 7;
    private static final int LONGEST_BUFFER = 600;

    private final DeviceBench bench;
    private final HostileRegisters registers;
    private final HostileValues values;
    private final HostileRing[] rings = new HostileRing[QUEUES];
    private boolean packed;
    private boolean ioHeld;

    HostileDriver(DeviceBench bench, HostileRegisters registers, HostileValues values) {
        this.bench = bench;
        this.registers = registers;
        this.values = values;
    }

    /** Does one thing. */
    void act() {
        switch (values.below(12)) {
            case 0 -> begin();
            case 1 -> place(values.below(QUEUES), true);
            case 2 -> moveInUse(values.below(QUEUES));
            case 3 -> {
                if (ioHeld) {
                    releaseIo();
                } else {
                    holdIo();
                }
            }
            case 4 -> resetAndWatch();
            case 5 -> flood(values.below(QUEUES));
            default -> use(values.below(QUEUES));
        }
    }

    /** Lets I/O in flight come to its end. */
    void releaseIo() {
        ioHeld = false;
        bench.releaseIo();
        bench.await("I/O in flight", () -> bench.inFlight() == 0);
    }

    private void holdIo() {
        ioHeld = true;
        bench.holdIo();
    }

    /** As a driver begins; in the end with queues that may lie anywhere in the upper half, even upon each other. */
    private void begin() {
        registers.write(VirtioDriver.STATUS, 0);
        registers.write(VirtioDriver.STATUS, VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER);
        long features = 0;
        for (int word = 0; word < 2; word++) {
            registers.write(VirtioDriver.DEVICE_FEATURES_SEL, word);
            long offered = registers.read(VirtioDriver.DEVICE_FEATURES);
            long wanted = switch (values.below(4)) {
                case 0 -> offered & values.word() | word;
                case 1 -> offered & ~(1L << values.below(32)) | word;
                default -> offered;
            };
            registers.write(VirtioDriver.DRIVER_FEATURES_SEL, word);
            registers.write(VirtioDriver.DRIVER_FEATURES, wanted);
            features |= (wanted & offered) << 32 * word;
        }
        packed = (features & VirtioDriver.RING_PACKED) != 0;
        registers.write(VirtioDriver.STATUS, VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER | VirtioDriver.FEATURES_OK);
        for (int queue = 0; queue < QUEUES; queue++) {
            place(queue, false);
        }
        registers.write(VirtioDriver.STATUS, VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER | VirtioDriver.FEATURES_OK
            | VirtioDriver.DRIVER_OK);
    }

    /** Tells the device that a queue in use is elsewhere, or of another size, and then perhaps goes on as if it had not. */
    private void moveInUse(int queue) {
        use(queue);
        HostileRing before = rings[queue];
        if (values.once(2)) {
            registers.write(VirtioDriver.QUEUE_SEL, queue);
            registers.write(VirtioDriver.QUEUE_SIZE, values.power());
        } else {
            place(queue, false);
        }
        if (before != null && values.once(2)) {
            rings[queue] = before;
        }
        use(queue);
    }

    /**
     * Puts a queue somewhere, and believes that it is there.
     *
     * @param stopped whether it is stopped first, as it has to be
     */
    private void place(int queue, boolean stopped) {
        registers.write(VirtioDriver.QUEUE_SEL, values.once(16) ? values.word() : queue);
        if (stopped) {
            registers.write(registers.legacy() ? VirtioDriver.QUEUE_PFN : VirtioDriver.QUEUE_READY, 0);
        }
        long most = registers.read(VirtioDriver.QUEUE_SIZE_MAX);
        int size = (int) Math.min(Math.max(most, 1), 1L << values.below(LOG_MOST_DESCRIPTORS + 1));
        registers.write(VirtioDriver.QUEUE_SIZE, values.once(8) ? values.word() : size);
        Place place = registers.legacy() ? placeLegacy(size) : placeModern(size);
        rings[queue] = HostileRing.of(bench.memory(), place, packed);
    }

    private Place placeModern(int size) {
        Place place = oneRun(values.room(ROOM, PAGE), size, PAGE);
        if (values.once(6)) {
            place = new Place(size, values.address(), values.address(), values.address());
        }
        registers.writePair(VirtioDriver.QUEUE_DESC, place.descriptors());
        registers.writePair(VirtioDriver.QUEUE_DRIVER, place.driverArea());
        registers.writePair(VirtioDriver.QUEUE_DEVICE, place.deviceArea());
        registers.write(VirtioDriver.QUEUE_READY, 1);
        return place;
    }

    /** Page sizes and alignments of every value, and page numbers that are right for them, or for none. */
    private Place placeLegacy(int size) {
        long align = odd(PAGE);
        long pageSize = odd(PAGE);
        long start = values.room(ROOM, PAGE);
        registers.write(VirtioDriver.GUEST_PAGE_SIZE, pageSize);
        registers.write(VirtioDriver.QUEUE_ALIGN, align);
        registers.write(VirtioDriver.QUEUE_PFN, values.once(8) || pageSize == 0 ? values.word() : start / pageSize);
        return oneRun(start, size, Math.max(align, 1));
    }

    private long odd(long usual) {
        return switch (values.below(20)) {
            case 0 -> values.word() & 0xffff_ffffL;
            case 1, 2 -> values.power();
            case 3 -> 0;
            default -> usual;
        };
    }

    /** As a legacy queue lies (virtio 1.3, section 2.7.2). */
    private static Place oneRun(long start, int size, long align) {
        long driverArea = start + 16L * size;
        return new Place(size, start, driverArea, driverArea + 6 + 2L * size + align - 1 & -align);
    }

    /**
     * Resets the device while it may be at work. Once it has acknowledged that, whatever was in flight leaves memory alone; if it
     * waits for it, it acknowledges when nothing is in flight any more.
     */
    private void resetAndWatch() {
        registers.write(VirtioDriver.STATUS, 0);
        if (registers.read(VirtioDriver.STATUS) != 0) {
            releaseIo();
            bench.await("the reset", () -> registers.read(VirtioDriver.STATUS) == 0);
            return;
        }
        if (bench.inFlight() == 0) {
            return;
        }
        MemorySegment memory = bench.memory().segment();
        var before = MemorySegment.ofArray(memory.toArray(ValueLayout.JAVA_BYTE));
        releaseIo();
        long written = before.mismatch(memory);
        if (written >= 0) {
            throw new AssertionError("guest memory was written at 0x" + Long.toHexString(DeviceBench.MEMORY_BASE + written)
                + " after a reset that the device has acknowledged");
        }
    }

    /** Puts some chains into a queue, not all of which are any. */
    private void use(int queue) {
        HostileRing ring = working(queue);
        for (int chains = 1 + values.below(4); chains > 0; chains--) {
            switch (values.below(10)) {
                case 0 -> ring.offer(chain(), true);
                case 1 -> ring.offerNothing(values);
                case 2, 3 -> ring.offer(indirectly(ring, chain()), false);
                default -> ring.offer(chain(), false);
            }
        }
        if (values.once(4)) {
            scribble(ring.place());
        }
        registers.write(VirtioDriver.QUEUE_NOTIFY, values.once(8) ? values.word() : queue);
    }

    /** Puts more into a queue than there is in it, while nothing can come back. */
    private void flood(int queue) {
        HostileRing ring = working(queue);
        holdIo();
        for (int i = 0; i <= ring.place().size(); i++) {
            ring.offer(List.of(writable()), false);
            registers.write(VirtioDriver.QUEUE_NOTIFY, queue);
        }
        if (values.once(2)) {
            releaseIo();
        }
    }

    /** A queue of a device that has not given up, most of the time. */
    private HostileRing working(int queue) {
        boolean givenUp = (registers.read(VirtioDriver.STATUS) & VirtioDriver.NEEDS_RESET) != 0;
        if (rings[queue] == null || givenUp && !values.once(4)) {
            begin();
        }
        return rings[queue];
    }

    /** Any value somewhere in a queue. */
    private void scribble(Place place) {
        long area = switch (values.below(3)) {
            case 0 -> place.descriptors();
            case 1 -> place.driverArea();
            default -> place.deviceArea();
        };
        long at = area + 2L * values.below(1 + place.size());
        if (bench.memory().contains(at, 2)) {
            bench.memory().putShort(at, (short) values.value(2));
        }
    }

    /** Buffers that the device reads, and then those that it writes; once in a while one of them is wrong. */
    private List<Descriptor> chain() {
        var chain = new ArrayList<Descriptor>();
        int readable = values.below(3);
        for (int i = 0; i < readable; i++) {
            chain.add(new Descriptor(request(), values.below(LONGEST_BUFFER), 0));
        }
        for (int i = values.below(3); i > 0 || chain.isEmpty(); i--) {
            chain.add(writable());
        }
        if (values.once(3)) {
            chain.set(values.below(chain.size()), wrong(chain.getFirst()));
        }
        return chain;
    }

    private Descriptor writable() {
        return new Descriptor(values.room(LONGEST_BUFFER, 8), 1 + values.below(LONGEST_BUFFER), HostileRing.WRITE);
    }

    /** The address of a buffer with small numbers, as most requests begin. */
    private long request() {
        long at = values.room(LONGEST_BUFFER, 8);
        bench.memory().putLong(at, values.below(16));
        bench.memory().putLong(at + 8, values.below(64));
        return at;
    }

    private Descriptor wrong(Descriptor right) {
        return switch (values.below(4)) {
            case 0 -> new Descriptor(values.address(), right.length(), right.flags());
            case 1 -> new Descriptor(values.once(2) ? -right.length() : values.word(), right.length(), right.flags());
            case 2 -> new Descriptor(right.address(), values.once(2) ? 0 : values.word(), right.flags());
            default -> new Descriptor(right.address(), right.length(), values.below(1 << 16));
        };
    }

    /** A chain in a table of its own, whether or not the device has agreed to that. */
    private List<Descriptor> indirectly(HostileRing ring, List<Descriptor> chain) {
        long at = values.room(HostileRing.DESCRIPTOR_BYTES * chain.size(), HostileRing.DESCRIPTOR_BYTES);
        Descriptor table = ring.table(at, chain, values.once(6));
        return switch (values.below(12)) {
            case 0 -> List.of(new Descriptor(table.address(), table.length() + values.below(16), table.flags()));
            case 1 -> List.of(new Descriptor(table.address(), values.word(), table.flags()));
            // As many descriptors as there is room for in memory.
            case 2 -> List.of(new Descriptor(table.address(), toTheEnd(table.address()), table.flags()));
            case 3 -> List.of(table.with(values.below(1 << 16)));
            case 4 -> List.of(chain.getFirst(), table);
            // A table of nothing but tables.
            case 5 -> List.of(ring.table(at, List.of(table, table), false));
            case 6 -> List.of(wrong(table));
            default -> List.of(table);
        };
    }

    private long toTheEnd(long address) {
        return (bench.memory().base() + bench.memory().size() - address) / HostileRing.DESCRIPTOR_BYTES
            * HostileRing.DESCRIPTOR_BYTES;
    }
}
