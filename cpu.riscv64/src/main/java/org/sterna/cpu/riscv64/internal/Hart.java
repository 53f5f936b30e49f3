package org.sterna.cpu.riscv64.internal;

import java.util.function.Consumer;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorNode;

/**
 * A processor with one hart. If the board brings an environment, there is no software in M-mode: the hart boots into
 * S-mode, every trap goes there, and calls from there go to the environment.
 */
public final class Hart implements Processor<HartState> {
    private final Core core;
    private final Mmu mmu;
    private final TrapUnit traps;
    private final Interpreter interpreter;
    private final EnvironmentCalls environment;
    private final HartModel model;
    private final CsrFile csrs;

    /** A halted hart. */
    public Hart(HartContext context) {
        model = context.model();
        core = new Core(context.control(), model.pmpEntries());
        environment = context.environment();
        mmu = new Mmu(core, context.memory(), context.bus(), new Decoder(model.extensions()),
            context.hostMemory());
        traps = new TrapUnit(core, mmu);
        csrs = new CsrFile(core, mmu, context);
        var system = new SystemInstructions(core, mmu, csrs, traps, environment, this);
        interpreter = new Interpreter(core, mmu, system, traps);
        reset();
    }

    @Override
    public void reset() {
        core.reset();
        forgetTranslations();
        mmu.select();
    }

    @Override
    public void boot(long address, long... arguments) {
        reset();
        if (environment != null) {
            core.mode = Privilege.SUPERVISOR;
            core.medeleg = CsrFile.DELEGABLE;
            core.mideleg = Interrupts.WRITABLE;
            core.mcounteren = model.counterBits();
            core.pmp.allowAll();
            mmu.select();
        }
        System.arraycopy(arguments, 0, core.x, 10, arguments.length);
        core.pc = address & ~model.alignment();
        core.halted = false;
    }

    @Override
    public void halt() {
        core.halted = true;
    }

    @Override
    public boolean halted() {
        return core.halted;
    }

    @Override
    public void run() {
        while (!core.halted && !core.control.safePointRequested()) {
            step();
        }
    }

    /**
     * Takes an interrupt if there is one, and executes until there is reason to look again: at least one instruction,
     * at most until the next jump backwards if a safe point is requested.
     */
    public void step() {
        core.interrupts.acknowledge();
        traps.interruptIfPending();
        if (core.waiting && (core.interrupts.pending() & core.mie) == 0) {
            core.control.idle();
        } else {
            core.waiting = false;
            interpreter.execute();
        }
    }

    /** {@inheritDoc} Inputs have the numbers of the bits of {@code mip}. */
    @Override
    public void interrupt(int input, boolean high) {
        if (input < 0 || input > 31 || (Interrupts.ALL >>> input & 1) == 0) {
            throw new IllegalArgumentException("a hart has no interrupt input " + input);
        }
        core.interrupts.input(input, high);
        if (high) {
            core.control.wake();
        }
    }

    @Override
    public void forgetMarkedPages() {
        mmu.data.flushStores();
    }

    @Override
    public void forgetTranslations() {
        mmu.flush();
        mmu.fetch.synchronise();
    }

    @Override
    public void dropCaches() {
        mmu.fetch.dropPages();
    }

    /** {@inheritDoc} 0 to 31 are x0 to x31. */
    @Override
    public long register(int number) {
        return core.x[number & 31];
    }

    @Override
    public void setRegister(int number, long value) {
        if (number != 0) {
            core.x[number & 31] = value;
        }
    }

    /** {@inheritDoc} They have the numbers of the control and status registers. */
    @Override
    public long controlRegister(int number) {
        return csrs.exists(number) ? csrs.read(number) : 0;
    }

    @Override
    public ProcessorNode node() {
        return model.node();
    }

    @Override
    public long programCounter() {
        return core.pc;
    }

    @Override
    public long instructions() {
        return core.retired;
    }

    @Override
    public HartState state() {
        return HartState.of(core);
    }

    @Override
    public void restore(HartState state) {
        if (environment != null && !state.halted() && state.mode() == Privilege.MACHINE) {
            throw new IllegalArgumentException("mode: M-mode does not exist on a board that has firmware built in");
        }
        model.check(state);
        state.applyTo(core);
        forgetTranslations();
        mmu.select();
    }

    /** Changes registers behind the guest's back. */
    void change(Consumer<Core> change) {
        change.accept(core);
        mmu.flush();
        mmu.select();
    }
}
