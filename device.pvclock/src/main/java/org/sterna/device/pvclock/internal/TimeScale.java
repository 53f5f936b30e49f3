package org.sterna.device.pvclock.internal;

import java.math.BigInteger;

/**
 * How a guest turns ticks of its time counter into nanoseconds: shifted left by {@code shift} (right if negative),
 * multiplied by {@code mul}, divided by 2^32. The multiplier is as precise as its 32 bits can be and rounded down, so a
 * guest that goes on from an old structure is never ahead of the next one.
 *
 * @param mul   an unsigned 32-bit number
 * @param shift the binary exponent
 */
record TimeScale(int mul, byte shift) {
    static final long NANOS = 1_000_000_000;

    /**
     * The scale of a counter.
     *
     * @param frequency in Hz, positive
     */
    static TimeScale of(long frequency) {
        // The least shift that brings the frequency above 1 GHz leaves a multiplier from 2^31 to 2^32 - 1.
        int shift = -34;
        var wanted = BigInteger.valueOf(NANOS);
        while (scaled(frequency, shift).compareTo(wanted) <= 0) {
            shift++;
        }
        var mul = wanted.shiftLeft(32 - shift).divide(BigInteger.valueOf(frequency));
        return new TimeScale(mul.intValue(), (byte) shift);
    }

    private static BigInteger scaled(long frequency, int shift) {
        // Rounded up, so that exactly 1 GHz does not count as above it, and anything more does.
        return shift >= 0 ? BigInteger.valueOf(frequency).shiftLeft(shift)
            : BigInteger.valueOf(frequency).negate().shiftRight(-shift).negate();
    }
}
