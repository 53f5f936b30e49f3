package org.sterna.device.pvclock.internal;

import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;

/**
 * A paravirtual clock. The driver names two addresses; the device writes there how to turn the time counter into system
 * time, and what the wall clock was when system time was 0. The first is written again whenever the guest goes on after
 * it stood still, as only then something has changed. A register that the clock does not have reads as 0 and takes no
 * writes; a driver finds out by reading back the address that it wrote.
 */
final class PvclockDevice implements Device<PvclockState> {
    static final int MAGIC = 0x00;
    static final int VERSION = 0x04;
    static final int FEATURES = 0x08;
    static final int SYSTEM_TIME = 0x10;
    static final int WALL_CLOCK = 0x18;

    private static final int PVCK = 0x4b43_5650;
    private static final int INTERFACE_VERSION = 1;
    private static final int REGISTER_BYTES = 0x1000;
    private static final int ENABLE = 1;

    private final DeviceContext context;
    private final SystemTime time;
    private final TimeScale scale;
    private final TimePage page;
    private final AddressRegister systemTime = new AddressRegister();
    private final AddressRegister wallClock = new AddressRegister();
    /** The clock's blackout that system time has gone through. */
    private long blackout;
    private boolean hasRun;

    PvclockDevice(DeviceContext context) {
        this.context = context;
        time = new SystemTime(context.clock(), context.timebase());
        scale = TimeScale.of(context.timebase());
        page = new TimePage(context.memory());
    }

    @Override
    public long registerBytes() {
        return REGISTER_BYTES;
    }

    @Override
    public DeviceNode node() {
        return DeviceNode.of("pvclock", "sterna,pvclock");
    }

    @Override
    public void reset() {
        systemTime.set(0);
        wallClock.set(0);
        time.reset();
        blackout = context.clock().blackout();
        hasRun = false;
    }

    @Override
    public void start() {
        long passed = context.clock().blackout() - blackout;
        blackout += passed;
        if (context.get(PvclockFactory.ACCOUNT_BLACKOUT)) {
            time.advance(passed);
        }
        publishTime(hasRun && context.get(PvclockFactory.GUEST_STOPPED) ? TimePage.GUEST_STOPPED : 0);
        hasRun = true;
    }

    @Override
    public long read(long offset, int size) {
        if (!fits(offset, size) || !has((int) offset)) {
            return 0;
        }
        return switch ((int) offset) {
            case MAGIC -> PVCK;
            case VERSION -> INTERFACE_VERSION;
            case FEATURES -> features();
            case SYSTEM_TIME, SYSTEM_TIME + 4 -> systemTime.read((int) offset - SYSTEM_TIME, size);
            case WALL_CLOCK, WALL_CLOCK + 4 -> wallClock.read((int) offset - WALL_CLOCK, size);
            default -> 0;
        };
    }

    /** Whether an access may reach a register: the first ones have 32 bits, the addresses 64 or two times 32. */
    private static boolean fits(long offset, int size) {
        return offset >= 0 && offset < REGISTER_BYTES
            && (size == 4 || size == 8 && offset >= SYSTEM_TIME && offset % 8 == 0);
    }

    /** Whether there is a register at an offset, as far as properties decide on it. */
    private boolean has(int offset) {
        return switch (offset) {
            case FEATURES -> context.get(PvclockFactory.FEATURE_REGISTER);
            case SYSTEM_TIME, SYSTEM_TIME + 4 -> context.get(PvclockFactory.SYSTEM_TIME);
            case WALL_CLOCK, WALL_CLOCK + 4 -> context.get(PvclockFactory.WALL_CLOCK);
            default -> true;
        };
    }

    private int features() {
        return (context.get(PvclockFactory.TSC_STABLE) ? TimePage.TSC_STABLE : 0)
            | (context.get(PvclockFactory.GUEST_STOPPED) ? TimePage.GUEST_STOPPED : 0);
    }

    @Override
    public void write(long offset, int size, long value) {
        if (!fits(offset, size) || !has((int) offset)) {
            return;
        }
        switch ((int) offset) {
            case SYSTEM_TIME, SYSTEM_TIME + 4 -> {
                if (systemTime.write((int) offset - SYSTEM_TIME, size, value)) {
                    publishTime(0);
                }
            }
            case WALL_CLOCK, WALL_CLOCK + 4 -> {
                if (wallClock.write((int) offset - WALL_CLOCK, size, value) && wallClock.value() != 0) {
                    page.writeWallClock(wallClock.value(), context.clock().wallTime() - time.now());
                }
            }
            default -> { }
        }
    }

    private void publishTime(int flags) {
        if ((systemTime.value() & ENABLE) != 0) {
            long ticks = time.ticks();
            int stable = context.get(PvclockFactory.TSC_STABLE) ? TimePage.TSC_STABLE : 0;
            page.writeTime(systemTime.value() & ~ENABLE, ticks, time.at(ticks), scale, flags | stable);
        }
    }

    @Override
    public PvclockState state() {
        return new PvclockState(time.now(), systemTime.value(), wallClock.value());
    }

    @Override
    public void restore(PvclockState state) {
        require(state.systemTime() == 0 || has(SYSTEM_TIME), "systemTime");
        require(state.wallClock() == 0 || has(WALL_CLOCK), "wallClock");
        reset();
        hasRun = true;
        time.set(state.clock());
        systemTime.set(state.systemTime());
        wallClock.set(state.wallClock());
    }

    private static void require(boolean condition, String field) {
        if (!condition) {
            throw new IllegalArgumentException(field + ": holds an address, but this clock has no such register");
        }
    }
}
