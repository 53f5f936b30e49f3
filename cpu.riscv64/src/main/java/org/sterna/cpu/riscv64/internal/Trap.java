package org.sterna.cpu.riscv64.internal;

/**
 * A synchronous exception of the guest. Each hart has a single one, without a stack trace, which it throws again and
 * again, so that a trap costs no allocation.
 */
final class Trap extends RuntimeException {
    static final int FETCH_MISALIGNED = 0;
    static final int FETCH_ACCESS = 1;
    static final int ILLEGAL = 2;
    static final int BREAKPOINT = 3;
    static final int LOAD_MISALIGNED = 4;
    static final int LOAD_ACCESS = 5;
    static final int STORE_MISALIGNED = 6;
    static final int STORE_ACCESS = 7;
    /** A call from U-mode; the numbers of the other modes follow. */
    static final int CALL = 8;
    static final int FETCH_PAGE = 12;
    static final int LOAD_PAGE = 13;
    static final int STORE_PAGE = 15;

    private static final long serialVersionUID = 1L;

    private int cause;
    private long value;

    Trap() {
        super(null, null, false, false);
    }

    /** Makes this the exception of a cause, to be thrown. */
    Trap of(int newCause, long newValue) {
        cause = newCause;
        value = newValue;
        return this;
    }

    int cause() {
        return cause;
    }

    /** What goes to {@code mtval} or {@code stval}. */
    long value() {
        return value;
    }
}
