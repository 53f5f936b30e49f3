package org.sterna.machine.virt.internal;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of places for devices, where QEMU's {@code virt} board has them (hw/riscv/virt.c). */
enum SlotKind {
    /** The 16550 UART. */
    UART("uart", MemoryMap.UART, 0x100, 1, 10, 10),
    /** virtio over MMIO; QEMU's board has eight, more follow behind them. */
    VIRTIO_MMIO("virtio-mmio", 0x1000_1000L, 0x1000, 64, 1, 49),
    /** The platform bus. */
    PLATFORM("platform", 0x400_0000L, 0x1000, 16, 33, 41);

    /** The number of slots of a kind whose interrupts begin at the first number; the others' begin at the second. */
    private static final int FIRST_SLOTS = 8;

    private final String label;
    private final long base;
    private final long size;
    private final int count;
    private final int firstInterrupt;
    private final int moreInterrupts;

    SlotKind(String label, long base, long size, int count, int firstInterrupt, int moreInterrupts) {
        this.label = label;
        this.base = base;
        this.size = size;
        this.count = count;
        this.firstInterrupt = firstInterrupt;
        this.moreInterrupts = moreInterrupts;
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
                return kind.interrupt((int) index);
            }
        }
        return 0;
    }

    String label() {
        return label;
    }

    /** The most slots that there can be. */
    int count() {
        return count;
    }

    long base(int index) {
        return base + index * size;
    }

    long size() {
        return size;
    }

    int interrupt(int index) {
        return index < FIRST_SLOTS ? firstInterrupt + index : moreInterrupts + index - FIRST_SLOTS;
    }
}
