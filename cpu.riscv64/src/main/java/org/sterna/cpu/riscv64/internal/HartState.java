package org.sterna.cpu.riscv64.internal;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.sterna.machine.state.Field;

/**
 * All that one hart holds. The levels of its interrupt inputs are not in it, since those who drive the inputs carry
 * them.
 *
 * @param x            x0 to x31
 * @param pc           the address of the next instruction
 * @param mode         the privilege mode, as {@link Privilege} numbers it
 * @param halted       whether it waits to be booted
 * @param reservation  what LR has reserved
 * @param mcycle       the cycle counter as the guest sees it
 * @param minstret     the counter of retired instructions as the guest sees it
 * @param software     the pending interrupts that software has set
 * @param machine      the registers of M-mode
 * @param supervisor   the registers of S-mode
 * @param pmp          the entries of physical memory protection
 */
public record HartState(@Field(1) List<Long> x, @Field(2) long pc, @Field(3) int mode, @Field(4) boolean halted,
        @Field(5) Reservation reservation, @Field(6) long mcycle, @Field(7) long minstret, @Field(8) int software,
        @Field(9) MachineRegisters machine, @Field(10) SupervisorRegisters supervisor, @Field(11) List<PmpEntry> pmp) {
    public HartState {
        x = List.copyOf(x);
        pmp = List.copyOf(pmp);
        require(x.size() == 32 && x.getFirst() == 0, "x", "32 registers are expected, the first being 0");
        require((pc & 1) == 0, "pc", "is odd");
        require(mode == Privilege.USER || mode == Privilege.SUPERVISOR || mode == Privilege.MACHINE, "mode",
            "there is no mode " + mode);
        require((software & ~Interrupts.WRITABLE) == 0, "software", "has bits that software cannot set");
        require(pmp.size() <= 64, "pmp", "has more entries than any hart");
    }

    /**
     * A reservation of LR.
     *
     * @param valid   whether there is one
     * @param address the guest-physical address
     * @param value   what was read there
     */
    public record Reservation(@Field(1) boolean valid, @Field(2) long address, @Field(3) long value) {
    }

    /**
     * One entry of physical memory protection.
     *
     * @param configuration its byte of {@code pmpcfg}
     * @param address       its {@code pmpaddr} as it was written
     */
    public record PmpEntry(@Field(1) long configuration, @Field(2) long address) {
        public PmpEntry {
            require(Pmp.valid(configuration, address), "pmp", "has an entry that cannot be written so");
        }
    }

    /** The registers of M-mode, by their names. */
    public record MachineRegisters(@Field(1) long mstatus, @Field(2) long medeleg, @Field(3) long mideleg,
            @Field(4) long mie,
            @Field(5) long mtvec, @Field(6) long mcounteren, @Field(7) long menvcfg, @Field(8) long mscratch,
            @Field(9) long mepc, @Field(10) long mcause, @Field(11) long mtval) {
        public MachineRegisters {
            require((mstatus & ~Status.WRITABLE) == Status.WIDTHS && (mstatus & Status.MPP) != 2L << Status.MPP_SHIFT,
                "mstatus", "cannot be 0x" + Long.toHexString(mstatus));
            requireMask(medeleg, CsrFile.DELEGABLE, "medeleg");
            requireMask(mideleg, Interrupts.WRITABLE, "mideleg");
            requireMask(mie, Interrupts.ALL, "mie");
            requireMask(mtvec, ~2L, "mtvec");
            requireMask(mcounteren, CsrFile.COUNTERS, "mcounteren");
            requireMask(menvcfg, CsrFile.ENVIRONMENT, "menvcfg");
            requireMask(mepc, ~1L, "mepc");
        }
    }

    /** The registers of S-mode, by their names. */
    public record SupervisorRegisters(@Field(1) long stvec, @Field(2) long scounteren, @Field(3) long senvcfg,
            @Field(4) long sscratch, @Field(5) long sepc, @Field(6) long scause, @Field(7) long stval,
            @Field(8) long satp) {
        public SupervisorRegisters {
            requireMask(stvec, ~2L, "stvec");
            requireMask(scounteren, CsrFile.COUNTERS, "scounteren");
            requireMask(senvcfg, CsrFile.ENVIRONMENT, "senvcfg");
            requireMask(sepc, ~1L, "sepc");
            require(satp >>> 60 == 0 || satp >>> 60 == 8, "satp", "neither Bare nor Sv39");
        }
    }

    private static void requireMask(long value, long mask, String field) {
        require((value & ~mask) == 0, field, "cannot be 0x" + Long.toHexString(value));
    }

    private static void require(boolean condition, String field, String message) {
        if (!condition) {
            throw new IllegalArgumentException(field + ": " + message);
        }
    }

    static HartState of(Core core) {
        return new HartState(LongStream.of(core.x).limit(32).boxed().toList(), core.pc, core.mode, core.halted,
            new Reservation(core.reserved, core.reservedAddress, core.reservedValue),
            core.retired + core.cycleOffset, core.retired + core.instretOffset, core.interrupts.software(),
            new MachineRegisters(core.mstatus, core.medeleg, core.mideleg, core.mie, core.mtvec, core.mcounteren,
                core.menvcfg, core.mscratch, core.mepc, core.mcause, core.mtval),
            new SupervisorRegisters(core.stvec, core.scounteren, core.senvcfg, core.sscratch, core.sepc, core.scause,
                core.stval, core.satp),
            IntStream.range(0, core.pmp.entries())
                .mapToObj(i -> new PmpEntry(core.pmp.configurationOf(i), core.pmp.addressOf(i))).toList());
    }

    void applyTo(Core core) {
        for (int i = 0; i < 32; i++) {
            core.x[i] = x.get(i);
        }
        core.pc = pc;
        core.mode = mode;
        core.halted = halted;
        core.waiting = false;
        core.reserved = reservation.valid();
        core.reservedAddress = reservation.address();
        core.reservedValue = reservation.value();
        core.cycleOffset = mcycle - core.retired;
        core.instretOffset = minstret - core.retired;
        core.interrupts.write(Interrupts.WRITABLE, software);
        core.mstatus = machine.mstatus();
        core.medeleg = machine.medeleg();
        core.mideleg = machine.mideleg();
        core.mie = machine.mie();
        core.mtvec = machine.mtvec();
        core.mcounteren = machine.mcounteren();
        core.menvcfg = machine.menvcfg();
        core.mscratch = machine.mscratch();
        core.mepc = machine.mepc();
        core.mcause = machine.mcause();
        core.mtval = machine.mtval();
        core.stvec = supervisor.stvec();
        core.scounteren = supervisor.scounteren();
        core.senvcfg = supervisor.senvcfg();
        core.sscratch = supervisor.sscratch();
        core.sepc = supervisor.sepc();
        core.scause = supervisor.scause();
        core.stval = supervisor.stval();
        core.satp = supervisor.satp();
        for (int i = 0; i < core.pmp.entries(); i++) {
            core.pmp.restore(i, pmp.get(i).configuration(), pmp.get(i).address());
        }
    }
}
