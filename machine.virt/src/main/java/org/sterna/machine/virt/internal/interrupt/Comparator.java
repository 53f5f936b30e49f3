package org.sterna.machine.virt.internal.interrupt;

import org.sterna.machine.time.GuestClock;

/**
 * A timer comparator of one hart: it drives an interrupt input high while the time counter is at or past a value,
 * both taken as unsigned.
 */
public final class Comparator {
    private final TimeCounter counter;
    private final HartInputs inputs;
    private final int hart;
    private final int input;
    private final GuestClock.Timer timer;
    private long value = TimeCounter.NEVER;

    /** A comparator that is never reached. */
    public Comparator(TimeCounter counter, HartInputs inputs, int hart, int input) {
        this.counter = counter;
        this.inputs = inputs;
        this.hart = hart;
        this.input = input;
        this.timer = counter.clock().timer(this::drive);
    }

    /** The value that it compares with. */
    public synchronized long value() {
        return value;
    }

    /** Sets the value; the input is right when this returns. */
    public synchronized void set(long ticks) {
        value = ticks;
        drive();
    }

    /** Replaces the low or the high half of the value. */
    synchronized void setHalf(boolean high, long half) {
        set(high ? value & 0xffff_ffffL | half << 32 : value & ~0xffff_ffffL | half & 0xffff_ffffL);
    }

    /**
     * Drives the input, and arms the timer if the value is still to come. It looks at the counter rather than trusting
     * its caller, so a timer that fires late for a value that has been replaced does no harm.
     */
    public synchronized void drive() {
        boolean reached = Long.compareUnsigned(counter.ticks(), value) >= 0;
        long time = counter.timeOf(value);
        if (reached || time == Long.MAX_VALUE) {
            timer.cancel();
        } else {
            timer.arm(time);
        }
        inputs.set(hart, input, reached);
    }
}
