package org.sterna.machine.virt.internal;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of places for devices, where QEMU's {@code virt} board has them (hw/riscv/virt.c). */
enum SlotKind {
    /** The 16550 UART. */
    UART("uart", MemoryMap.UART, 0x100, 1, 10),
    /** virtio over MMIO. */
    VIRTIO_MMIO("virtio-mmio", 0x1000_1000L, 0x1000, 8, 1),
    /** The platform bus. */
    PLATFORM("platform", 0x400_0000L, 0x1000, 16, 33);

    private final String label;
    private final long base;
    private final long size;
    private final int count;
    private final int firstInterrupt;

    SlotKind(String label, long base, long size, int count, int firstInterrupt) {
        this.label = label;
        this.base = base;
        this.size = size;
        this.count = count;
        this.firstInterrupt = firstInterrupt;
    }

    /** The kind of a name, such as {@code virtio-mmio}. */
    static Optional<SlotKind> of(String label) {
        return Arrays.stream(values()).filter(kind -> kind.label.equals(label)).findFirst();
    }

    /** The PLIC source of the slot at an address, or 0 if there is none. */
    static int interruptAt(long address) {
        for (SlotKind kind : values()) {
            long index = (address - kind.base) / kind.size;
            if (address >= kind.base && index < kind.count) {
                return kind.firstInterrupt + (int) index;
            }
        }
        return 0;
    }

    String label() {
        return label;
    }

    boolean has(int index) {
        return index >= 0 && index < count;
    }

    long base(int index) {
        return base + index * size;
    }

    long size() {
        return size;
    }

    int interrupt(int index) {
        return firstInterrupt + index;
    }
}
