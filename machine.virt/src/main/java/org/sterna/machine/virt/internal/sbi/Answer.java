package org.sterna.machine.virt.internal.sbi;

/**
 * What a call returns: {@code struct sbiret} (SBI specification 2.0, chapter 3).
 *
 * @param error what a0 holds
 * @param value what a1 holds
 */
record Answer(long error, long value) {
    static final Answer SUCCESS = of(0);
    static final Answer FAILED = new Answer(-1, 0);
    static final Answer NOT_SUPPORTED = new Answer(-2, 0);
    static final Answer INVALID_PARAMETER = new Answer(-3, 0);
    static final Answer INVALID_ADDRESS = new Answer(-5, 0);
    static final Answer ALREADY_AVAILABLE = new Answer(-6, 0);

    /** For a call that has set the caller's registers and program counter itself. */
    static final Answer NONE = new Answer(Long.MIN_VALUE, 0);

    static Answer of(long value) {
        return new Answer(0, value);
    }
}
