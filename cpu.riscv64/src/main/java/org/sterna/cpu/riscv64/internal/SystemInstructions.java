package org.sterna.cpu.riscv64.internal;

import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;

/**
 * The instructions of the SYSTEM opcode: control and status registers, calls, returns from traps, SFENCE.VMA, WFI. And of a
 * hart without C the jumps that may go to an address that is no multiple of four.
 */
final class SystemInstructions {
    private static final int SYSTEM = 0x73;
    private static final int BRANCH = 0x63;
    private static final int JALR = 0x67;
    private static final int ECALL = 0x00000073;
    private static final int EBREAK = 0x00100073;
    private static final int SRET = 0x10200073;
    private static final int MRET = 0x30200073;
    private static final int WFI = 0x10500073;
    private static final int SFENCE_VMA = 0x12000073;
    private static final int SFENCE_VMA_MASK = 0xfe007fff;

    private final Core core;
    private final Mmu mmu;
    private final CsrFile csrs;
    private final TrapUnit traps;
    private final EnvironmentCalls environment;
    private final Processor<?> processor;

    SystemInstructions(Core core, Mmu mmu, CsrFile csrs, TrapUnit traps, EnvironmentCalls environment,
            Processor<?> processor) {
        this.core = core;
        this.mmu = mmu;
        this.csrs = csrs;
        this.traps = traps;
        this.environment = environment;
        this.processor = processor;
    }

    /**
     * Executes the instruction at the program counter.
     *
     * @return true if the interpreter may simply go on behind it; false if the program counter and the number of
     *         retired instructions have been set here, and interrupts and translations must be looked at
     */
    boolean execute(long word) {
        int raw = Op.immediate(word);
        if ((raw & 0x7f) != SYSTEM) {
            jump(raw, word);
            return false;
        }
        if ((raw & 0x7000) != 0) {
            boolean plain = accessCsr(raw, word);
            return plain || retire(word);
        }
        switch (raw) {
            case ECALL -> call();
            case EBREAK -> throw core.trap.of(Trap.BREAKPOINT, core.pc);
            case SRET -> {
                require(core.mode == Privilege.MACHINE
                    || core.mode == Privilege.SUPERVISOR && (core.mstatus & Status.TSR) == 0, raw);
                core.retired++;
                traps.returnFromSupervisor();
            }
            case MRET -> {
                require(core.mode == Privilege.MACHINE, raw);
                core.retired++;
                traps.returnFromMachine();
            }
            case WFI -> {
                require(core.mode == Privilege.MACHINE
                    || core.mode == Privilege.SUPERVISOR && (core.mstatus & Status.TW) == 0, raw);
                core.waiting = true;
                retire(word);
            }
            default -> {
                require((raw & SFENCE_VMA_MASK) == SFENCE_VMA && (core.mode == Privilege.MACHINE
                    || core.mode == Privilege.SUPERVISOR && (core.mstatus & Status.TVM) == 0), raw);
                fence(raw);
                retire(word);
            }
        }
        return false;
    }

    /** A jump that goes to a misaligned address if it is taken, unless it is a JALR, whose target is known only now. */
    private void jump(int raw, long word) {
        int opcode = raw & 0x7f;
        long target = opcode == JALR ? core.x[Op.rs1(word)] + (raw >> 20) & ~1L : core.pc + distance(raw);
        if (opcode == BRANCH && !taken(raw >>> 12 & 7, core.x[Op.rs1(word)], core.x[Op.rs2(word)])) {
            retire(word);
            return;
        }
        if ((target & 3) != 0) {
            throw core.trap.of(Trap.FETCH_MISALIGNED, target);
        }
        core.x[Op.rd(word)] = core.pc + 4;
        core.pc = target;
        core.retired++;
    }

    /** How far a JAL or a branch goes, in bytes. */
    private static int distance(int raw) {
        return (raw & 0x7f) == BRANCH
            ? (raw >> 31) << 12 | (raw >>> 7 & 1) << 11 | (raw >>> 25 & 0x3f) << 5 | (raw >>> 8 & 15) << 1
            : (raw >> 31) << 20 | raw & 0xff000 | (raw >>> 20 & 1) << 11 | (raw >>> 21 & 0x3ff) << 1;
    }

    private static boolean taken(int kind, long left, long right) {
        return switch (kind) {
            case 0 -> left == right;
            case 1 -> left != right;
            case 4 -> left < right;
            case 5 -> left >= right;
            case 6 -> Long.compareUnsigned(left, right) < 0;
            default -> Long.compareUnsigned(left, right) >= 0;
        };
    }

    private boolean retire(long word) {
        core.pc += 2L * Op.halfwords(word);
        core.retired++;
        return false;
    }

    private void require(boolean legal, int raw) {
        if (!legal) {
            throw core.trap.of(Trap.ILLEGAL, raw & 0xffffffffL);
        }
    }

    private void call() {
        if (environment == null || core.mode != Privilege.SUPERVISOR) {
            throw core.trap.of(Trap.CALL + core.mode, 0);
        }
        core.pc += 4;
        core.retired++;
        environment.call(processor);
    }

    private void fence(int raw) {
        int rs1 = raw >>> 15 & 31;
        if (rs1 == 0) {
            mmu.flush();
        } else {
            mmu.flush(core.x[rs1]);
        }
    }

    /** Whether nothing but registers has changed. */
    private boolean accessCsr(int raw, long word) {
        int number = raw >>> 20;
        int source = raw >>> 15 & 31;
        int kind = raw >>> 12 & 3;
        boolean swap = kind == 1;
        boolean write = swap || source != 0;
        require(csrs.exists(number) && csrs.accessible(number, write), raw);
        long operand = (raw & 0x4000) != 0 ? source : core.x[source];
        long old = csrs.read(number);
        boolean plain = true;
        if (write) {
            long base = csrs.readForUpdate(number);
            plain = !csrs.write(number, swap ? operand : kind == 2 ? base | operand : base & ~operand);
        }
        core.x[Op.rd(word)] = old;
        return plain;
    }
}
