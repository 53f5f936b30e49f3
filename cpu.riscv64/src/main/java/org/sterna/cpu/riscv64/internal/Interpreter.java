package org.sterna.cpu.riscv64.internal;

import java.lang.invoke.VarHandle;
import org.sterna.machine.memory.HostMemoryException;

/**
 * Executes guest code from pre-decoded pages. This is the hot loop of the whole machine: it must not allocate, and
 * {@link #execute} must stay below 8000 bytes of bytecode, beyond which HotSpot never compiles a method.
 */
final class Interpreter {
    /** After so many instructions the loop is left, so that it is entered anew in its compiled form. */
    private static final int QUANTUM = 1 << 20;

    private final Core core;
    private final DataPort data;
    private final FetchPort fetch;
    private final Atomics atomics;
    private final SystemInstructions system;
    private final TrapUnit traps;

    Interpreter(Core core, Mmu mmu, SystemInstructions system, TrapUnit traps) {
        this.core = core;
        this.data = mmu.data;
        this.fetch = mmu.fetch;
        this.atomics = new Atomics(core, mmu.data);
        this.system = system;
        this.traps = traps;
    }

    /**
     * Executes instructions from the program counter on, until the hart has to look at its interrupts, its mode or
     * its translations, or is to come to a safe point. These are looked at whenever code jumps backwards or to
     * another page.
     *
     * @throws HostMemoryException if the host has no memory to decode the next instruction
     */
    void execute() {
        final Core core = this.core;
        final FetchPort fetch = this.fetch;
        final long[] x = core.x;
        final long[] loads = data.loads();
        final long[] stores = data.stores();
        long target = core.pc;
        long base = target & Tlb.PAGE_MASK;
        CodePage page = null;
        int i = 0;
        int n = 0;
        try {
            CodePage first = fetch.page(target);
            i = first.position(halfword(target));
            page = first;
            long[] code = page.code();
            long w = code[i];
            while (true) {
                jump: {
                    branch: {
                        // Fields are taken apart in place: HotSpot would not inline a call in a case that was cold when
                        // it compiled the loop.
                        int rd = (int) w >>> 8 & 63;
                        int rs1 = (int) w >>> 14 & 63;
                        int rs2 = (int) w >>> 20 & 63;
                        long immediate = w >> 32;
                        switch ((int) w & 0xff) {
                            case Op.CROSSING -> {
                                page.decodeCrossing(fetch.page(base + 4096).content(0));
                                i = CodePage.CROSSING;
                                w = code[i];
                                continue;
                            }
                            case Op.GOTO -> {
                                n--;
                                break branch;
                            }
                            case Op.SYSTEM -> {
                                core.pc = base + 2L * page.halfwordOf(i);
                                core.retired += n;
                                n = 0;
                                if (!system.execute(w)) {
                                    return;
                                }
                            }
                            case Op.AMO -> atomics.execute(w);
                            case Op.FENCE -> VarHandle.fullFence();
                            case Op.FENCE_I -> {
                                fetch.synchronise();
                                core.pc = base + 2L * page.halfwordOf(i) + 4;
                                core.retired += n + 1;
                                return;
                            }
                            case Op.LI -> x[rd] = immediate;
                            case Op.AUIPC -> x[rd] = base + immediate;
                            case Op.JAL -> {
                                x[rd] = base + 2L * ((int) w >>> 20);
                                break branch;
                            }
                            case Op.JALR -> {
                                target = x[rs1] + immediate & ~1L;
                                x[rd] = base + 2L * ((int) w >>> 20);
                                n++;
                                break jump;
                            }
                            case Op.BEQ -> {
                                if (x[rs1] == x[rs2]) {
                                    break branch;
                                }
                            }
                            case Op.BNE -> {
                                if (x[rs1] != x[rs2]) {
                                    break branch;
                                }
                            }
                            case Op.BLT -> {
                                if (x[rs1] < x[rs2]) {
                                    break branch;
                                }
                            }
                            case Op.BGE -> {
                                if (x[rs1] >= x[rs2]) {
                                    break branch;
                                }
                            }
                            case Op.BLTU -> {
                                if (x[rs1] + Long.MIN_VALUE < x[rs2] + Long.MIN_VALUE) {
                                    break branch;
                                }
                            }
                            case Op.BGEU -> {
                                if (x[rs1] + Long.MIN_VALUE >= x[rs2] + Long.MIN_VALUE) {
                                    break branch;
                                }
                            }
                            case Op.LB -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & Tlb.PAGE_MASK)
                                    ? HostMemory.ALL.get(HostMemory.BYTE, a + loads[t + 1]) : (byte) data.load(a, 1);
                            }
                            case Op.LH -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & (Tlb.PAGE_MASK | 1))
                                    ? HostMemory.ALL.get(HostMemory.SHORT, a + loads[t + 1]) : (short) data.load(a, 2);
                            }
                            case Op.LW -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & (Tlb.PAGE_MASK | 3))
                                    ? HostMemory.ALL.get(HostMemory.INT, a + loads[t + 1]) : (int) data.load(a, 4);
                            }
                            case Op.LD -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & (Tlb.PAGE_MASK | 7))
                                    ? HostMemory.ALL.get(HostMemory.LONG, a + loads[t + 1]) : data.load(a, 8);
                            }
                            case Op.LBU -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & Tlb.PAGE_MASK)
                                    ? HostMemory.ALL.get(HostMemory.BYTE, a + loads[t + 1]) & 0xffL : data.load(a, 1);
                            }
                            case Op.LHU -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & (Tlb.PAGE_MASK | 1))
                                    ? HostMemory.ALL.get(HostMemory.SHORT, a + loads[t + 1]) & 0xffffL
                                    : data.load(a, 2);
                            }
                            case Op.LWU -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                x[rd] = loads[t] == (a & (Tlb.PAGE_MASK | 3))
                                    ? HostMemory.ALL.get(HostMemory.INT, a + loads[t + 1]) & 0xffffffffL
                                    : data.load(a, 4);
                            }
                            case Op.SB -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                if (stores[t] == (a & Tlb.PAGE_MASK)) {
                                    HostMemory.ALL.set(HostMemory.BYTE, a + stores[t + 1], (byte) x[rs2]);
                                } else {
                                    data.store(a, 1, x[rs2]);
                                }
                            }
                            case Op.SH -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                if (stores[t] == (a & (Tlb.PAGE_MASK | 1))) {
                                    HostMemory.ALL.set(HostMemory.SHORT, a + stores[t + 1], (short) x[rs2]);
                                } else {
                                    data.store(a, 2, x[rs2]);
                                }
                            }
                            case Op.SW -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                if (stores[t] == (a & (Tlb.PAGE_MASK | 3))) {
                                    HostMemory.ALL.set(HostMemory.INT, a + stores[t + 1], (int) x[rs2]);
                                } else {
                                    data.store(a, 4, x[rs2]);
                                }
                            }
                            case Op.SD -> {
                                long a = x[rs1] + immediate;
                                int t = (int) (a >>> 11) & Tlb.INDEX_MASK;
                                if (stores[t] == (a & (Tlb.PAGE_MASK | 7))) {
                                    HostMemory.ALL.set(HostMemory.LONG, a + stores[t + 1], x[rs2]);
                                } else {
                                    data.store(a, 8, x[rs2]);
                                }
                            }
                            case Op.ADDI -> x[rd] = x[rs1] + immediate;
                            case Op.SLTI -> x[rd] = x[rs1] < immediate ? 1 : 0;
                            case Op.SLTIU -> x[rd] =
                                x[rs1] + Long.MIN_VALUE < immediate + Long.MIN_VALUE ? 1 : 0;
                            case Op.XORI -> x[rd] = x[rs1] ^ immediate;
                            case Op.ORI -> x[rd] = x[rs1] | immediate;
                            case Op.ANDI -> x[rd] = x[rs1] & immediate;
                            case Op.SLLI -> x[rd] = x[rs1] << immediate;
                            case Op.SRLI -> x[rd] = x[rs1] >>> immediate;
                            case Op.SRAI -> x[rd] = x[rs1] >> immediate;
                            case Op.ADDIW -> x[rd] = (int) (x[rs1] + immediate);
                            case Op.SLLIW -> x[rd] = (int) x[rs1] << (int) immediate;
                            case Op.SRLIW -> x[rd] = (int) x[rs1] >>> (int) immediate;
                            case Op.SRAIW -> x[rd] = (int) x[rs1] >> (int) immediate;
                            case Op.ADD -> x[rd] = x[rs1] + x[rs2];
                            case Op.SUB -> x[rd] = x[rs1] - x[rs2];
                            case Op.SLL -> x[rd] = x[rs1] << x[rs2];
                            case Op.SLT -> x[rd] = x[rs1] < x[rs2] ? 1 : 0;
                            case Op.SLTU -> x[rd] =
                                x[rs1] + Long.MIN_VALUE < x[rs2] + Long.MIN_VALUE ? 1 : 0;
                            case Op.XOR -> x[rd] = x[rs1] ^ x[rs2];
                            case Op.SRL -> x[rd] = x[rs1] >>> x[rs2];
                            case Op.SRA -> x[rd] = x[rs1] >> x[rs2];
                            case Op.OR -> x[rd] = x[rs1] | x[rs2];
                            case Op.AND -> x[rd] = x[rs1] & x[rs2];
                            case Op.ADDW -> x[rd] = (int) x[rs1] + (int) x[rs2];
                            case Op.SUBW -> x[rd] = (int) x[rs1] - (int) x[rs2];
                            case Op.SLLW -> x[rd] = (int) x[rs1] << (int) x[rs2];
                            case Op.SRLW -> x[rd] = (int) x[rs1] >>> (int) x[rs2];
                            case Op.SRAW -> x[rd] = (int) x[rs1] >> (int) x[rs2];
                            case Op.MUL -> x[rd] = x[rs1] * x[rs2];
                            case Op.MULH -> x[rd] = Math.multiplyHigh(x[rs1], x[rs2]);
                            case Op.MULHSU -> x[rd] = Arithmetic.mulhsu(x[rs1], x[rs2]);
                            case Op.MULHU -> x[rd] = Math.unsignedMultiplyHigh(x[rs1], x[rs2]);
                            case Op.DIV -> x[rd] = Arithmetic.div(x[rs1], x[rs2]);
                            case Op.DIVU -> x[rd] = Arithmetic.divu(x[rs1], x[rs2]);
                            case Op.REM -> x[rd] = Arithmetic.rem(x[rs1], x[rs2]);
                            case Op.REMU -> x[rd] = Arithmetic.remu(x[rs1], x[rs2]);
                            case Op.MULW -> x[rd] = (int) x[rs1] * (int) x[rs2];
                            case Op.DIVW -> x[rd] = Arithmetic.div((int) x[rs1], (int) x[rs2]);
                            case Op.DIVUW -> x[rd] = Arithmetic.divu((int) x[rs1], (int) x[rs2]);
                            case Op.REMW -> x[rd] = Arithmetic.rem((int) x[rs1], (int) x[rs2]);
                            case Op.REMUW -> x[rd] = Arithmetic.remu((int) x[rs1], (int) x[rs2]);
                            case Op.MV -> x[rd] = x[rs1];
                            case Op.NOP -> {
                                // Nothing but to count it.
                            }
                            default -> throw core.trap.of(Trap.ILLEGAL, immediate & 0xffffffffL);
                        }
                        n++;
                        w = code[++i];
                        continue;
                    }
                    n++;
                    int to = (int) (w >> 32);
                    if (to > i || to >= 0 && n < QUANTUM && !core.attention()) {
                        i = to;
                        w = code[i];
                        continue;
                    }
                    target = base + 2L * page.halfwordOf(to);
                }
                if (n >= QUANTUM || core.attention()) {
                    core.pc = target;
                    core.retired += n;
                    return;
                }
                base = target & Tlb.PAGE_MASK;
                page = null;
                CodePage entered = fetch.page(target);
                i = entered.position(halfword(target));
                page = entered;
                code = page.code();
                w = code[i];
            }
        } catch (Trap trap) {
            core.pc = page == null ? target : base + 2L * page.halfwordOf(i);
            core.retired += n;
            traps.exception(trap.cause(), trap.value());
        } catch (HostMemoryException e) {
            // The instruction that could not be fetched is executed when there is memory.
            core.pc = page == null ? target : base + 2L * page.halfwordOf(i);
            core.retired += n;
            throw e;
        }
    }

    private static int halfword(long address) {
        return (int) address >>> 1 & CodePage.HALFWORDS - 1;
    }
}
