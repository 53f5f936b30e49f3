package org.sterna.cpu.riscv64.internal;

/** The operations of the "M" extension that Java does not have: none of them ever fails. */
final class Arithmetic {
    private Arithmetic() {
    }

    /** The upper half of the product of a signed and an unsigned factor. */
    static long mulhsu(long signed, long unsigned) {
        return Math.multiplyHigh(signed, unsigned) + (signed & unsigned >> 63);
    }

    static long div(long dividend, long divisor) {
        return divisor == 0 ? -1 : dividend / divisor;
    }

    static long divu(long dividend, long divisor) {
        return divisor == 0 ? -1 : Long.divideUnsigned(dividend, divisor);
    }

    static long rem(long dividend, long divisor) {
        return divisor == 0 ? dividend : dividend % divisor;
    }

    static long remu(long dividend, long divisor) {
        return divisor == 0 ? dividend : Long.remainderUnsigned(dividend, divisor);
    }

    static int div(int dividend, int divisor) {
        return divisor == 0 ? -1 : dividend / divisor;
    }

    static int divu(int dividend, int divisor) {
        return divisor == 0 ? -1 : Integer.divideUnsigned(dividend, divisor);
    }

    static int rem(int dividend, int divisor) {
        return divisor == 0 ? dividend : dividend % divisor;
    }

    static int remu(int dividend, int divisor) {
        return divisor == 0 ? dividend : Integer.remainderUnsigned(dividend, divisor);
    }
}
