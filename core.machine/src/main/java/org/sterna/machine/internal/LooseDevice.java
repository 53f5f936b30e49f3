package org.sterna.machine.internal;

import org.sterna.machine.board.Board;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.time.GuestClock;

/**
 * A device without a machine, to be asked something and thrown away: it has a page of memory, a clock that stands still
 * and an interrupt line that leads nowhere. So a question costs as little for a guest of a terabyte as for any other.
 */
final class LooseDevice implements AutoCloseable {
    private static final long TIMEBASE = 10_000_000;

    private final GuestClock clock = new GuestClock();
    private final GuestMemory memory = new GuestMemory(0, GuestMemory.PAGE_SIZE);
    private final String path;
    private final Blueprint.DeviceBlueprint blueprint;
    private final CallLimits limits;
    private final IoThreads io;
    private DeviceSlot made;

    LooseDevice(String path, Blueprint.DeviceBlueprint blueprint, CallLimits limits) {
        this.path = path;
        this.blueprint = blueprint;
        this.limits = limits;
        this.io = new IoThreads(path, limits.stall());
    }

    /**
     * Makes the device.
     *
     * @throws org.sterna.machine.MachineException if it refuses its properties
     */
    DeviceSlot make() {
        made = new DeviceSlot(path, blueprint, new Board.Slot(0, 0, level -> { }),
            new DeviceHost(memory, new HostMemoryBudget(1, () -> Long.MAX_VALUE), clock, TIMEBASE, io, limits,
                (faulty, fault) -> { }, error -> { }, device -> { }, device -> { }));
        return made;
    }

    /** Frees its memory, when the device does nothing any more that could touch it. */
    @Override
    public void close() {
        clock.close();
        io.close();
        if (made == null) {
            memory.close();
        } else {
            made.whenQuiet(memory::close);
        }
    }
}
