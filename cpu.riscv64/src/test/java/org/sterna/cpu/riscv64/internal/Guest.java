package org.sterna.cpu.riscv64.internal;

import java.time.Clock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/**
 * A hart with memory and nothing else, and with a device whose being written to ends a run. Programs are put
 * anywhere; a trap handler that just stops is there from the start.
 */
final class Guest implements AutoCloseable {
    static final long RAM = 0x8000_0000L;
    static final long SIZE = 16 << 20;
    /** Where {@link #run(int...)} puts programs. */
    static final long CODE = RAM + 0x1000;
    /** Where the trap vector points to. */
    static final long HANDLER = RAM + 0x8000;
    static final long DATA = RAM + 0x10_0000;
    /** A write here ends the run. */
    static final long STOP = 0x10_0000;
    /** Stores to {@link #STOP} and spins; x31 is not for programs. */
    static final int[] STOP_CODE = {Asm.lui(31, (int) (STOP >> 12)), Asm.sd(0, 31, 0), Asm.jal(0, 0)};

    final GuestMemory memory = new GuestMemory(RAM, SIZE);
    final MmioBus bus = new MmioBus();
    final ProcessorControl control = new ProcessorControl();
    final long[] hostTime = {0};
    final GuestClock clock = new GuestClock(() -> hostTime[0], Clock.systemUTC());
    /** What the hart may hold of the host's memory, in bytes. */
    LongSupplier hostMemoryLimit = () -> 64 << 20;
    final HostMemoryAccount hostMemory = new HostMemoryAccount(() -> hostMemoryLimit.getAsLong());
    final Hart hart;

    Guest() {
        this(null);
    }

    Guest(EnvironmentCalls environment) {
        this(environment, HartModel.FIRST);
    }

    Guest(EnvironmentCalls environment, HartModel model) {
        bus.map(new MmioBus.Region("/stop", STOP, 8, new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                control.requestSafePoint(true);
            }
        }));
        hart = new Hart(new HartContext(0, memory, bus, clock, 10_000_000, control, environment, model, hostMemory));
        put(HANDLER, STOP_CODE);
        hart.boot(CODE);
        set(state -> state.mtvec = HANDLER);
    }

    /** Puts instructions somewhere; the hart knows of them after a FENCE.I only, which this implies. */
    void put(long address, int... code) {
        for (int i = 0; i < code.length; i++) {
            memory.putInt(address + 4L * i, code[i]);
        }
        if (hart != null) {
            hart.forgetTranslations();
        }
    }

    /** Puts a program at {@link #CODE}, with a stop behind it, and runs it from there. */
    void run(int... program) {
        put(CODE, program);
        put(CODE + 4L * program.length, STOP_CODE);
        go(CODE);
    }

    /** Runs from an address until something writes to {@link #STOP}. */
    void go(long address) {
        set(core -> core.pc = address);
        control.requestSafePoint(false);
        hart.run();
    }

    /** Changes registers directly. */
    void set(Consumer<Core> change) {
        hart.change(change);
    }

    long x(int register) {
        return hart.register(register);
    }

    void x(int register, long value) {
        hart.setRegister(register, value);
    }

    /** Whether the last run ended in the trap handler. */
    boolean trapped() {
        return hart.programCounter() == HANDLER + 8;
    }

    HartState.MachineRegisters machine() {
        return hart.state().machine();
    }

    HartState.SupervisorRegisters supervisor() {
        return hart.state().supervisor();
    }

    @Override
    public void close() {
        memory.close();
    }
}
