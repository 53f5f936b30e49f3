package org.sterna.machine.virt.internal;

/** Where the board's own registers and guest memory are: as on QEMU's {@code virt} board (hw/riscv/virt.c). */
public final class MemoryMap {
    /** The test finisher, which switches the machine off. */
    public static final long TEST = 0x10_0000L;
    /** The real-time clock. */
    public static final long RTC = 0x10_1000L;
    /** Its PLIC source. */
    public static final int RTC_INTERRUPT = 11;
    /** The core-local interruptor. */
    public static final long CLINT = 0x200_0000L;
    /** The platform-level interrupt controller. */
    public static final long PLIC = 0xc00_0000L;
    /** The UART, which the debug console of the built-in firmware writes to. */
    public static final long UART = 0x1000_0000L;
    /** Guest memory. */
    public static final long MEMORY = 0x8000_0000L;

    private MemoryMap() {
    }
}
