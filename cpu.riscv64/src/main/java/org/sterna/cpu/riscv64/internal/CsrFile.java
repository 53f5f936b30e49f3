package org.sterna.cpu.riscv64.internal;

/** What software sees of the control and status registers: which exist, who may use them, and which bits hold. */
final class CsrFile {
    /** All exceptions that can happen below M-mode. */
    static final long DELEGABLE = 0xb3ff;
    static final long COUNTERS = 7;
    /** FIOM, the only field of the environment configurations that exists. */
    static final long ENVIRONMENT = 1;
    private static final long SATP_MODE = 15L << 60;

    private final Core core;
    private final Mmu mmu;
    private final HartContext context;
    private final HartModel model;

    CsrFile(Core core, Mmu mmu, HartContext context) {
        this.core = core;
        this.mmu = mmu;
        this.context = context;
        this.model = context.model();
    }

    /** Whether the current mode may access a register at all; whether it exists is another question. */
    boolean accessible(int number, boolean write) {
        if ((number >>> 8 & 3) > core.mode || write && number >>> 10 == 3) {
            return false;
        }
        if (number == Csr.SATP && core.mode == Privilege.SUPERVISOR) {
            return (core.mstatus & Status.TVM) == 0;
        }
        if (number >= Csr.CYCLE && number <= Csr.HPMCOUNTER31) {
            long bit = 1L << (number & 31);
            return core.mode == Privilege.MACHINE || (core.mcounteren & bit) != 0
                && (core.mode == Privilege.SUPERVISOR || (core.scounteren & bit) != 0);
        }
        return true;
    }

    /** Whether there is a register of this number. */
    boolean exists(int number) {
        return switch (number) {
            case Csr.SSTATUS, Csr.SIE, Csr.STVEC, Csr.SCOUNTEREN, Csr.SENVCFG, Csr.SSCRATCH, Csr.SEPC, Csr.SCAUSE,
                Csr.STVAL, Csr.SIP, Csr.SATP, Csr.MSTATUS, Csr.MISA, Csr.MEDELEG, Csr.MIDELEG, Csr.MIE, Csr.MTVEC,
                Csr.MCOUNTEREN, Csr.MENVCFG, Csr.MCOUNTINHIBIT, Csr.MSCRATCH, Csr.MEPC, Csr.MCAUSE, Csr.MTVAL,
                Csr.MIP, Csr.MCYCLE, Csr.MINSTRET, Csr.MVENDORID, Csr.MARCHID, Csr.MIMPID,
                Csr.MHARTID, Csr.MCONFIGPTR -> true;
            case Csr.CYCLE, Csr.TIME, Csr.INSTRET -> model.counters() != HartModel.Counters.ABSENT;
            default -> isPmpConfiguration(number) || isPmpAddress(number)
                || number >= Csr.TSELECT && number <= Csr.TDATA3
                || number >= Csr.CYCLE && number <= Csr.HPMCOUNTER31
                || number >= Csr.MHPMCOUNTER3 && number <= Csr.MHPMCOUNTER31
                || number >= Csr.MHPMEVENT3 && number <= Csr.MHPMEVENT31;
        };
    }

    /** Eight entries have one register, of an even number. */
    private boolean isPmpConfiguration(int number) {
        return number >= Csr.PMPCFG0 && number < Csr.PMPCFG0 + model.pmpEntries() / 4 && (number & 1) == 0;
    }

    private boolean isPmpAddress(int number) {
        return number >= Csr.PMPADDR0 && number < Csr.PMPADDR0 + model.pmpEntries();
    }

    /**
     * The value of a register that exists. What does not vary (counters of no
     * events, the triggers that do not exist) reads as 0.
     */
    long read(int number) {
        return switch (number) {
            case Csr.SSTATUS -> core.mstatus & Status.SUPERVISOR;
            case Csr.SIE -> core.mie & core.mideleg;
            case Csr.SIP -> core.interrupts.pending() & core.mideleg;
            case Csr.STVEC -> core.stvec;
            case Csr.SCOUNTEREN -> core.scounteren;
            case Csr.SENVCFG -> core.senvcfg;
            case Csr.SSCRATCH -> core.sscratch;
            case Csr.SEPC -> core.sepc;
            case Csr.SCAUSE -> core.scause;
            case Csr.STVAL -> core.stval;
            case Csr.SATP -> core.satp;
            case Csr.MSTATUS -> core.mstatus;
            case Csr.MISA -> model.misa();
            case Csr.MVENDORID -> model.identity().mvendorid();
            case Csr.MARCHID -> model.identity().marchid();
            case Csr.MIMPID -> model.identity().mimpid();
            case Csr.MEDELEG -> core.medeleg;
            case Csr.MIDELEG -> core.mideleg;
            case Csr.MIE -> core.mie;
            case Csr.MIP -> core.interrupts.pending();
            case Csr.MTVEC -> core.mtvec;
            case Csr.MCOUNTEREN -> core.mcounteren;
            case Csr.MENVCFG -> core.menvcfg;
            case Csr.MSCRATCH -> core.mscratch;
            case Csr.MEPC -> core.mepc;
            case Csr.MCAUSE -> core.mcause;
            case Csr.MTVAL -> core.mtval;
            case Csr.MCYCLE, Csr.CYCLE -> core.retired + core.cycleOffset;
            case Csr.MINSTRET, Csr.INSTRET -> core.retired + core.instretOffset;
            case Csr.TIME -> time();
            case Csr.MHARTID -> context.index();
            default -> isPmpAddress(number) ? core.pmp.readAddress(number - Csr.PMPADDR0)
                : isPmpConfiguration(number) ? core.pmp.readConfiguration(number - Csr.PMPCFG0) : 0;
        };
    }

    /** What a read-modify-write instruction modifies: for pending interrupts only what software has set itself. */
    long readForUpdate(int number) {
        return switch (number) {
            case Csr.MIP -> core.interrupts.software();
            case Csr.SIP -> core.interrupts.software() & core.mideleg;
            default -> read(number);
        };
    }

    /**
     * Writes a register that exists.
     *
     * @return whether the hart must look at its interrupts, mode and translations before it goes on
     */
    boolean write(int number, long value) {
        switch (number) {
            case Csr.SSTATUS -> {
                return writeStatus(value, Status.SUPERVISOR_WRITABLE);
            }
            case Csr.MSTATUS -> {
                return writeStatus(value, Status.WRITABLE);
            }
            case Csr.SIE -> {
                core.mie = core.mie & ~core.mideleg | value & core.mideleg;
                return true;
            }
            case Csr.MIE -> {
                core.mie = value & Interrupts.ALL;
                return true;
            }
            case Csr.SIP -> {
                core.interrupts.write((int) core.mideleg & 1 << Interrupts.SUPERVISOR_SOFTWARE, (int) value);
                return true;
            }
            case Csr.MIP -> {
                core.interrupts.write(Interrupts.WRITABLE, (int) value);
                return true;
            }
            case Csr.MIDELEG -> {
                core.mideleg = value & Interrupts.WRITABLE;
                return true;
            }
            case Csr.SATP -> {
                return writeSatp(value);
            }
            default -> {
                return isPmpAddress(number) ? writePmpAddress(number, value)
                    : isPmpConfiguration(number) ? writePmpConfiguration(number, value) : writePlain(number, value);
            }
        }
    }

    /** The registers that are just remembered. */
    private boolean writePlain(int number, long value) {
        switch (number) {
            case Csr.STVEC -> core.stvec = value & ~2;
            case Csr.SCOUNTEREN -> core.scounteren = value & model.counterBits();
            case Csr.SENVCFG -> core.senvcfg = value & ENVIRONMENT;
            case Csr.SSCRATCH -> core.sscratch = value;
            case Csr.SEPC -> core.sepc = value & ~model.alignment();
            case Csr.SCAUSE -> core.scause = value;
            case Csr.STVAL -> core.stval = value;
            case Csr.MEDELEG -> core.medeleg = value & DELEGABLE;
            case Csr.MTVEC -> core.mtvec = value & ~2;
            case Csr.MCOUNTEREN -> core.mcounteren = value & model.counterBits();
            case Csr.MENVCFG -> core.menvcfg = value & ENVIRONMENT;
            case Csr.MSCRATCH -> core.mscratch = value;
            case Csr.MEPC -> core.mepc = value & ~model.alignment();
            case Csr.MCAUSE -> core.mcause = value;
            case Csr.MTVAL -> core.mtval = value;
            // The writing instruction is not counted: the next one reads what was written.
            case Csr.MCYCLE -> core.cycleOffset = value - core.retired - 1;
            case Csr.MINSTRET -> core.instretOffset = value - core.retired - 1;
            default -> {
                // A register that is always what it is, such as misa.
            }
        }
        return false;
    }

    private boolean writeStatus(long value, long writable) {
        long mask = writable;
        if ((value & Status.MPP) == 2L << Status.MPP_SHIFT) {
            mask &= ~Status.MPP;
        }
        long old = core.mstatus;
        core.mstatus = old & ~mask | value & mask;
        if (((old ^ core.mstatus) & Status.MXR) != 0) {
            mmu.data.flush();
        }
        mmu.select();
        return true;
    }

    private boolean writeSatp(long value) {
        long mode = value & SATP_MODE;
        if (mode != 0 && !(mode == PageTable.SV39 && model.sv39())) {
            return false;
        }
        core.satp = value;
        mmu.flush();
        return true;
    }

    private boolean writePmpConfiguration(int number, long value) {
        core.pmp.writeConfiguration(number - Csr.PMPCFG0, value);
        mmu.flush();
        return true;
    }

    private boolean writePmpAddress(int number, long value) {
        core.pmp.writeAddress(number - Csr.PMPADDR0, value);
        mmu.flush();
        return true;
    }

    /** Guest time in ticks of the board's time base. */
    private long time() {
        long now = context.clock().now();
        long second = 1_000_000_000;
        return now / second * context.timebase() + now % second * context.timebase() / second;
    }
}
