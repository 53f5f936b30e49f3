package org.sterna.cpu.riscv64.internal;

import java.util.Arrays;
import org.sterna.machine.processor.ProcessorControl;

/**
 * The registers of one hart, as plain values; the classes around it give them their meaning. Only the hart's thread
 * touches them, except {@link #interrupts}.
 */
final class Core {
    /** x0 to x31, and {@link Op#SINK}. */
    final long[] x = new long[33];
    final Interrupts interrupts = new Interrupts();
    final Pmp pmp;
    final Trap trap = new Trap();
    final ProcessorControl control;

    long pc;
    int mode;
    boolean halted;
    /** Stopped at a WFI; not part of the state, since a WFI may end at any time. */
    boolean waiting;
    /** Instructions retired since the hart was created. */
    long retired;
    /** What to add to {@link #retired} to get {@code mcycle} and {@code minstret}. */
    long cycleOffset;
    long instretOffset;

    boolean reserved;
    long reservedAddress;
    long reservedValue;

    long mstatus;
    long medeleg;
    long mideleg;
    long mie;
    long mtvec;
    long mcounteren;
    long menvcfg;
    long mscratch;
    long mepc;
    long mcause;
    long mtval;
    long stvec;
    long scounteren;
    long senvcfg;
    long sscratch;
    long sepc;
    long scause;
    long stval;
    long satp;

    /** The registers of a hart with some number of entries of physical memory protection. */
    Core(ProcessorControl control, int pmpEntries) {
        this.pmp = new Pmp(pmpEntries);
        this.control = control;
    }

    /** Whether the hart is to leave guest code, to look at its interrupts or to come to a safe point. */
    boolean attention() {
        return interrupts.changed() || control.safePointRequested();
    }

    /** The state after power-on, halted. */
    void reset() {
        Arrays.fill(x, 0);
        pc = 0;
        mode = Privilege.MACHINE;
        halted = true;
        waiting = false;
        cycleOffset = -retired;
        instretOffset = -retired;
        reserved = false;
        reservedAddress = 0;
        reservedValue = 0;
        mstatus = Status.WIDTHS;
        medeleg = mideleg = mie = mtvec = mcounteren = menvcfg = mscratch = mepc = mcause = mtval = 0;
        stvec = scounteren = senvcfg = sscratch = sepc = scause = stval = satp = 0;
        interrupts.resetSoftware();
        pmp.reset();
    }
}
