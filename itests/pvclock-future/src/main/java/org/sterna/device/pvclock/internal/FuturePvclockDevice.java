package org.sterna.device.pvclock.internal;

import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceNode;

/** Today's clock, but for the form of its state. */
record FuturePvclockDevice(Device<PvclockState> clock) implements Device<FuturePvclockState> {
    private static final long ENABLE = 1;

    @Override
    public long registerBytes() {
        return clock.registerBytes();
    }

    @Override
    public DeviceNode node() {
        return clock.node();
    }

    @Override
    public void reset() {
        clock.reset();
    }

    @Override
    public void start() {
        clock.start();
    }

    @Override
    public long read(long offset, int size) {
        return clock.read(offset, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        clock.write(offset, size, value);
    }

    @Override
    public FuturePvclockState state() {
        PvclockState state = clock.state();
        return new FuturePvclockState(state.clock(), state.wallClock(), state.systemTime() & ~ENABLE,
            (state.systemTime() & ENABLE) != 0);
    }

    @Override
    public void restore(FuturePvclockState state) {
        clock.restore(new PvclockState(state.clock(), state.timePage() | (state.enabled() ? ENABLE : 0), state.wallClock()));
    }
}
