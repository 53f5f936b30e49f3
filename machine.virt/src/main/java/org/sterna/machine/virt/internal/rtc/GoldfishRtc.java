package org.sterna.machine.virt.internal.rtc;

import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.time.GuestClock;

/**
 * The real-time clock of Android's emulator ({@code google,goldfish-rtc}), as on QEMU's {@code virt} board
 * (hw/rtc/goldfish_rtc.c): nanoseconds since 1970-01-01T00:00:00Z, and one alarm. It shows the host's wall clock, plus what
 * the guest has set it forward, so it stands still neither in a pause nor in a migration. Registers have 32 bits.
 */
public final class GoldfishRtc implements MmioHandler {
    /** The size of its registers in bytes. */
    public static final long SIZE = 0x1000;
    /** Reading the lower half of the time holds the upper half for the next read of that. */
    static final int TIME_LOW = 0x00;
    static final int TIME_HIGH = 0x04;
    /** Writing the lower half of the alarm's time arms it with the upper half that was written before. */
    static final int ALARM_LOW = 0x08;
    static final int ALARM_HIGH = 0x0c;
    static final int IRQ_ENABLED = 0x10;
    static final int CLEAR_ALARM = 0x14;
    static final int ALARM_STATUS = 0x18;
    static final int CLEAR_INTERRUPT = 0x1c;

    private static final long LOW = 0xffff_ffffL;
    /**
     * How long the alarm waits at most, in guest time, before it looks at the wall clock again: the host's may be set, and
     * it goes on while guest time stands still.
     */
    private static final long LOOK_NANOS = 1_000_000_000L;

    private final GuestClock clock;
    private final GuestClock.Timer timer;
    private final InterruptLine interrupt;
    private long offset;
    private int high;
    private long alarm;
    private boolean armed;
    private boolean pending;
    private boolean enabled;

    /** A clock after power-on. */
    public GoldfishRtc(GuestClock clock, InterruptLine interrupt) {
        this.clock = clock;
        this.timer = clock.timer(this::look);
        this.interrupt = interrupt;
    }

    private long now() {
        return clock.wallTime() + offset;
    }

    @Override
    public synchronized long read(long register, int size) {
        if (size != 4) {
            return 0;
        }
        return switch ((int) register) {
            case TIME_LOW -> {
                long now = now();
                high = (int) (now >>> 32);
                yield now & LOW;
            }
            case TIME_HIGH -> high & LOW;
            case ALARM_LOW -> alarm & LOW;
            case ALARM_HIGH -> alarm >>> 32;
            case IRQ_ENABLED -> enabled ? 1 : 0;
            case ALARM_STATUS -> armed ? 1 : 0;
            default -> 0;
        };
    }

    @Override
    public synchronized void write(long register, int size, long value) {
        if (size != 4) {
            return;
        }
        switch ((int) register) {
            case TIME_LOW -> setTime(now() & ~LOW | value & LOW);
            case TIME_HIGH -> setTime(now() & LOW | value << 32);
            case ALARM_LOW -> {
                alarm = alarm & ~LOW | value & LOW;
                armed = true;
                look();
            }
            case ALARM_HIGH -> alarm = alarm & LOW | value << 32;
            case IRQ_ENABLED -> {
                enabled = (value & 1) != 0;
                drive();
            }
            case CLEAR_ALARM -> {
                armed = false;
                timer.cancel();
            }
            case CLEAR_INTERRUPT -> {
                pending = false;
                drive();
            }
            default -> { }
        }
    }

    private void setTime(long time) {
        offset += time - now();
        look();
    }

    /** Raises the interrupt if the alarm's time has come, else looks again later. */
    private synchronized void look() {
        if (!armed) {
            return;
        }
        long now = now();
        if (Long.compareUnsigned(alarm, now) <= 0) {
            armed = false;
            pending = true;
            timer.cancel();
            drive();
        } else {
            long left = alarm - now;
            timer.arm(clock.now() + (Long.compareUnsigned(left, LOOK_NANOS) < 0 ? left : LOOK_NANOS));
        }
    }

    private void drive() {
        interrupt.set(pending && enabled);
    }

    /** Brings it into the state after power-on. */
    public void reset() {
        restore(RtcState.INITIAL);
    }

    /** Its state. */
    public synchronized RtcState state() {
        return new RtcState(offset, high, alarm, armed, pending, enabled);
    }

    /** Takes over a state and drives its line. An alarm that is due goes off when guest time runs. */
    public synchronized void restore(RtcState state) {
        offset = state.offset();
        high = state.high();
        alarm = state.alarm();
        armed = state.armed();
        pending = state.pending();
        enabled = state.enabled();
        if (armed) {
            timer.arm(clock.now());
        } else {
            timer.cancel();
        }
        drive();
    }
}
