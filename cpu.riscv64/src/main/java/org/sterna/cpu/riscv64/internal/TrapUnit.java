package org.sterna.cpu.riscv64.internal;

/** Takes traps and interrupts, and returns from them ("The RISC-V Instruction Set Manual", volume II, chapter 3). */
final class TrapUnit {
    private static final int[] PRIORITIES = {11, 3, 7, 9, 1, 5};
    private static final long INTERRUPT = 1L << 63;

    private final Core core;
    private final Mmu mmu;

    TrapUnit(Core core, Mmu mmu) {
        this.core = core;
        this.mmu = mmu;
    }

    /** Takes an exception at the current instruction. */
    void exception(int cause, long value) {
        enter(cause, value, false);
    }

    /** Takes the most important interrupt that is pending and enabled, if any. */
    void interruptIfPending() {
        long pending = core.interrupts.pending() & core.mie;
        if (pending == 0) {
            return;
        }
        boolean machine = core.mode < Privilege.MACHINE || (core.mstatus & Status.MIE) != 0;
        boolean supervisor = core.mode < Privilege.SUPERVISOR
            || core.mode == Privilege.SUPERVISOR && (core.mstatus & Status.SIE) != 0;
        long taken = machine ? pending & ~core.mideleg : 0;
        if (taken == 0 && supervisor) {
            taken = pending & core.mideleg;
        }
        if (taken != 0) {
            for (int number : PRIORITIES) {
                if ((taken >>> number & 1) != 0) {
                    enter(number, 0, true);
                    return;
                }
            }
        }
    }

    private void enter(int number, long value, boolean interrupt) {
        long delegated = interrupt ? core.mideleg : core.medeleg;
        long cause = interrupt ? INTERRUPT | number : number;
        long status = core.mstatus;
        long vector;
        if (core.mode <= Privilege.SUPERVISOR && (delegated >>> number & 1) != 0) {
            core.scause = cause;
            core.sepc = core.pc;
            core.stval = value;
            core.mstatus = status & ~(Status.SIE | Status.SPIE | Status.SPP)
                | ((status & Status.SIE) != 0 ? Status.SPIE : 0)
                | (core.mode == Privilege.SUPERVISOR ? Status.SPP : 0);
            core.mode = Privilege.SUPERVISOR;
            vector = core.stvec;
        } else {
            core.mcause = cause;
            core.mepc = core.pc;
            core.mtval = value;
            core.mstatus = status & ~(Status.MIE | Status.MPIE | Status.MPP)
                | ((status & Status.MIE) != 0 ? Status.MPIE : 0)
                | (long) core.mode << Status.MPP_SHIFT;
            core.mode = Privilege.MACHINE;
            vector = core.mtvec;
        }
        boolean vectored = interrupt && (vector & 1) != 0;
        core.pc = (vector & ~3) + (vectored ? 4L * number : 0);
        core.waiting = false;
        mmu.select();
    }

    /** SRET. */
    void returnFromSupervisor() {
        long status = core.mstatus;
        core.mode = (status & Status.SPP) != 0 ? Privilege.SUPERVISOR : Privilege.USER;
        core.mstatus = status & ~(Status.SIE | Status.SPP | Status.MPRV) | Status.SPIE
            | ((status & Status.SPIE) != 0 ? Status.SIE : 0);
        core.pc = core.sepc;
        mmu.select();
    }

    /** MRET. */
    void returnFromMachine() {
        long status = core.mstatus;
        core.mode = (int) (status >>> Status.MPP_SHIFT) & 3;
        long kept = core.mode == Privilege.MACHINE ? status : status & ~Status.MPRV;
        core.mstatus = kept & ~(Status.MIE | Status.MPP) | Status.MPIE
            | ((status & Status.MPIE) != 0 ? Status.MIE : 0);
        core.pc = core.mepc;
        mmu.select();
    }
}
