package org.sterna.machine.virt.internal.sbi;

/** The extensions of the SBI that the firmware may offer besides the base extension, and their numbers. */
public enum StandardExtension {
    /** Each hart's timer. */
    TIME(0x5449_4d45),
    /** Interrupts from hart to hart. */
    IPI(0x73_5049),
    /** Fences on other harts. */
    RFENCE(0x5246_4e43),
    /** Hart state management. */
    HSM(0x48_534d),
    /** System reset. */
    SRST(0x5352_5354),
    /** The debug console. */
    DBCN(0x4442_434e);

    private final long id;

    StandardExtension(long id) {
        this.id = id;
    }

    long id() {
        return id;
    }
}
