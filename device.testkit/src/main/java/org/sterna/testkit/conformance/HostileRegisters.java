package org.sterna.testkit.conformance;

import java.util.HashSet;
import java.util.Set;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;

/**
 * The registers of a device, as a hostile guest uses them: anything goes, but that a legacy queue is never put into the lower
 * half of memory, which two registers multiplied could do.
 */
final class HostileRegisters {
    private static final int VIRTIO_MAGIC = 0x7472_6976;

    private final DeviceBench bench;
    private final long ground;
    private final boolean virtio;
    private final boolean legacy;
    private final Set<Long> pageSizes = new HashSet<>(Set.of(4096L));

    HostileRegisters(DeviceBench bench, long ground) {
        this.bench = bench;
        this.ground = ground;
        virtio = read(VirtioDriver.MAGIC_VALUE) == VIRTIO_MAGIC;
        legacy = virtio && read(VirtioDriver.VERSION) == 1;
    }

    /** Whether they are those of virtio-mmio. */
    boolean virtio() {
        return virtio;
    }

    /** Whether they are those of virtio-mmio before version 1 of virtio. */
    boolean legacy() {
        return legacy;
    }

    long read(int register) {
        return bench.read(register, 4);
    }

    void write(int register, long value) {
        write(register, 4, value);
    }

    void writePair(int register, long value) {
        write(register, value);
        write(register + 4, value >>> 32);
    }

    void write(long offset, int size, long anything) {
        long value = size == 8 ? anything : anything & (1L << 8 * size) - 1;
        if (legacy && touches(offset, size, VirtioDriver.GUEST_PAGE_SIZE)) {
            pageSizes.add(part(offset, value, VirtioDriver.GUEST_PAGE_SIZE));
        }
        if (legacy && touches(offset, size, VirtioDriver.QUEUE_PFN)
                && pageSizes.stream().anyMatch(bytes -> isLow(bytes * part(offset, value, VirtioDriver.QUEUE_PFN)))) {
            return;
        }
        bench.write(offset, size, value);
    }

    private static boolean touches(long offset, int size, int register) {
        return offset < register + 4 && offset + size > register;
    }

    /** What of a write gets into a register of four bytes. */
    private static long part(long offset, long value, int register) {
        int shift = (int) (8 * (offset - register));
        return (shift < 0 ? value >>> -shift : value << shift) & 0xffff_ffffL;
    }

    private boolean isLow(long address) {
        return address >= DeviceBench.MEMORY_BASE && address < ground;
    }
}
