package org.sterna.device.pvclock.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/** The guest's arithmetic gives nanoseconds. */
class TimeScaleTest {
    @Example
    void tenMegahertzIsExact() {
        assertEquals(new TimeScale(100 << 25, (byte) 7), TimeScale.of(10_000_000));
    }

    @Property
    void theMultiplierIsNormalizedAndTheErrorBelowOneIn2To31(@ForAll @LongRange(min = 1, max = 1L << 40) long frequency,
            @ForAll @LongRange(min = 0, max = 1L << 50) long ticks) {
        TimeScale scale = TimeScale.of(frequency);
        assertTrue(scale.mul() < 0, "the multiplier uses all of its 32 bits");
        var shifted = BigInteger.valueOf(ticks).shiftLeft(scale.shift());
        var guest = shifted.multiply(BigInteger.valueOf(Integer.toUnsignedLong(scale.mul()))).shiftRight(32);
        var exact = BigInteger.valueOf(ticks).multiply(BigInteger.valueOf(TimeScale.NANOS))
            .divide(BigInteger.valueOf(frequency));
        assertTrue(guest.compareTo(exact) <= 0, "never ahead");
        // A right shift loses up to 2^-shift - 1 ticks.
        var lost = scale.shift() < 0 ? BigInteger.TWO : BigInteger.ONE;
        assertTrue(exact.subtract(guest).compareTo(exact.shiftRight(31).add(lost)) <= 0, "not behind by more");
    }
}
