package org.sterna.cpu.riscv64.internal;

import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/**
 * What a hart is connected to; the components are those of {@link ProcessorContext}, and what kind of hart it is. Harts that run without a machine,
 * for test suites and measurements, are made from it too.
 */
public record HartContext(int index, GuestMemory memory, MmioBus bus, GuestClock clock, long timebase,
        ProcessorControl control, EnvironmentCalls environment, HartModel model, HostMemoryAccount hostMemory) {
    /** What a hart without a machine may use for decoded instructions, in bytes. */
    private static final long ALONE = 64 << 20;

    /** The context of a hart of ABI 1.0. */
    public HartContext(int index, GuestMemory memory, MmioBus bus, GuestClock clock, long timebase,
            ProcessorControl control, EnvironmentCalls environment) {
        this(index, memory, bus, clock, timebase, control, environment, HartModel.FIRST, new HostMemoryAccount(() -> ALONE));
    }

    static HartContext of(ProcessorContext context, HartModel model) {
        return new HartContext(context.index(), context.memory(), context.bus(), context.clock(), context.timebase(),
            context.control(), context.environment(), model, context.hostMemory());
    }

    /** The context of a hart alone with its memory, which brings its own firmware. */
    public static HartContext bare(GuestMemory memory) {
        return new HartContext(0, memory, new MmioBus(), new GuestClock(), 10_000_000, new ProcessorControl(), null);
    }
}
