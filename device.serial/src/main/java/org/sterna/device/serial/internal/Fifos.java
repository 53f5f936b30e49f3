package org.sterna.device.serial.internal;

/**
 * What a UART has for FIFOs, which is what tells one member of the family from another: a 16450 has none, a 16550A two of
 * 16 characters (National Semiconductor PC16550D data sheet, section 8.5), a 16750 two of 64, which can be told to be 16
 * (Texas Instruments TL16C750 data sheet, "FIFO control register").
 */
enum Fifos {
    /** The 16450. */
    NONE(1, 0, 0x0f, 0x1f, "ns16450"),
    /** The 16550A. */
    SHORT(16, 0xc9, 0x0f, 0x1f, "ns16550a"),
    /** The 16750. The bits that it has more of IER and MCR, for low power and for automatic RTS and CTS, just hold. */
    LONG(64, 0xe9, 0x3f, 0x3f, "ns16750", "ns16550a");

    /** FCR: FIFOs are on. */
    static final int ENABLE = 0x01;
    /** FCR of a 16750: FIFOs are long; it can be written only while the divisor latch is accessed. IIR shows it. */
    static final int SIXTY_FOUR = 0x20;
    private static final int[] SHORT_TRIGGERS = {1, 4, 8, 14};
    private static final int[] LONG_TRIGGERS = {1, 16, 32, 56};

    private final int capacity;
    private final int kept;
    private final int interruptEnables;
    private final int modemControls;
    private final String[] compatible;

    Fifos(int capacity, int kept, int interruptEnables, int modemControls, String... compatible) {
        this.capacity = capacity;
        this.kept = kept;
        this.interruptEnables = interruptEnables;
        this.modemControls = modemControls;
        this.compatible = compatible;
    }

    /** The FIFOs of the properties. */
    static Fifos of(boolean fifo, String depth) {
        return !fifo ? NONE : depth.equals(SerialFactory.DEPTH_64) ? LONG : SHORT;
    }

    /** The room that a FIFO can have at most, in characters; without FIFO, of the one register that there is instead. */
    int capacity() {
        return capacity;
    }

    /** The bits of FCR that hold; the others act once. */
    int kept() {
        return kept;
    }

    /** The bits of IER that hold. */
    int interruptEnables() {
        return interruptEnables;
    }

    /** The bits of MCR that hold. */
    int modemControls() {
        return modemControls;
    }

    /** What a device tree calls the UART (Linux, bindings/serial/8250.yaml and 8250_of.c), most specific first. */
    String[] compatible() {
        return compatible.clone();
    }

    /**
     * What FCR becomes. Without the enable bit the others do not count.
     *
     * @param latch whether the divisor latch is accessed
     */
    int control(int old, int written, boolean latch) {
        if ((written & ENABLE) == 0) {
            return 0;
        }
        return (latch ? written : written & ~SIXTY_FOUR | old & SIXTY_FOUR) & kept;
    }

    /** The room for characters under a value of FCR. */
    static int room(int fcr) {
        return (fcr & ENABLE) == 0 ? 1 : (fcr & SIXTY_FOUR) == 0 ? SHORT.capacity : LONG.capacity;
    }

    /** The number of received characters that raises an interrupt under a value of FCR. */
    static int trigger(int fcr) {
        return (fcr & ENABLE) == 0 ? 1 : ((fcr & SIXTY_FOUR) == 0 ? SHORT_TRIGGERS : LONG_TRIGGERS)[fcr >> 6];
    }

    /** The bits of IIR that say how FCR is. */
    static int identification(int fcr) {
        return (fcr & ENABLE) == 0 ? 0 : 0xc0 | fcr & SIXTY_FOUR;
    }
}
