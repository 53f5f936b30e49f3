package org.sterna.cpu.riscv64.internal;

import java.lang.invoke.VarHandle;

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
            page = fetch.page(target);
            i = page.position(halfword(target));
            long[] code = page.code();
            long w = code[i];
            while (true) {
                jump: {
                    branch: {
                        switch (Op.operation(w)) {
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
                            case Op.LI -> x[Op.rd(w)] = w >> 32;
                            case Op.AUIPC -> x[Op.rd(w)] = base + (w >> 32);
                            case Op.JAL -> {
                                x[Op.rd(w)] = base + 2L * Op.link(w);
                                break branch;
                            }
                            case Op.JALR -> {
                                target = x[Op.rs1(w)] + (w >> 32) & ~1L;
                                x[Op.rd(w)] = base + 2L * Op.link(w);
                                n++;
                                break jump;
                            }
                            case Op.BEQ -> {
                                if (x[Op.rs1(w)] == x[Op.rs2(w)]) {
                                    break branch;
                                }
                            }
                            case Op.BNE -> {
                                if (x[Op.rs1(w)] != x[Op.rs2(w)]) {
                                    break branch;
                                }
                            }
                            case Op.BLT -> {
                                if (x[Op.rs1(w)] < x[Op.rs2(w)]) {
                                    break branch;
                                }
                            }
                            case Op.BGE -> {
                                if (x[Op.rs1(w)] >= x[Op.rs2(w)]) {
                                    break branch;
                                }
                            }
                            case Op.BLTU -> {
                                if (x[Op.rs1(w)] + Long.MIN_VALUE < x[Op.rs2(w)] + Long.MIN_VALUE) {
                                    break branch;
                                }
                            }
                            case Op.BGEU -> {
                                if (x[Op.rs1(w)] + Long.MIN_VALUE >= x[Op.rs2(w)] + Long.MIN_VALUE) {
                                    break branch;
                                }
                            }
                            case Op.LB -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & Tlb.PAGE_MASK)
                                    ? HostMemory.getByte(a + loads[t + 1]) : (byte) data.load(a, 1);
                            }
                            case Op.LH -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & (Tlb.PAGE_MASK | 1))
                                    ? HostMemory.getShort(a + loads[t + 1]) : (short) data.load(a, 2);
                            }
                            case Op.LW -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & (Tlb.PAGE_MASK | 3))
                                    ? HostMemory.getInt(a + loads[t + 1]) : (int) data.load(a, 4);
                            }
                            case Op.LD -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & (Tlb.PAGE_MASK | 7))
                                    ? HostMemory.getLong(a + loads[t + 1]) : data.load(a, 8);
                            }
                            case Op.LBU -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & Tlb.PAGE_MASK)
                                    ? HostMemory.getByte(a + loads[t + 1]) & 0xffL : data.load(a, 1);
                            }
                            case Op.LHU -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & (Tlb.PAGE_MASK | 1))
                                    ? HostMemory.getShort(a + loads[t + 1]) & 0xffffL : data.load(a, 2);
                            }
                            case Op.LWU -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                x[Op.rd(w)] = loads[t] == (a & (Tlb.PAGE_MASK | 3))
                                    ? HostMemory.getInt(a + loads[t + 1]) & 0xffffffffL : data.load(a, 4);
                            }
                            case Op.SB -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                if (stores[t] == (a & Tlb.PAGE_MASK)) {
                                    HostMemory.putByte(a + stores[t + 1], (byte) x[Op.rs2(w)]);
                                } else {
                                    data.store(a, 1, x[Op.rs2(w)]);
                                }
                            }
                            case Op.SH -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                if (stores[t] == (a & (Tlb.PAGE_MASK | 1))) {
                                    HostMemory.putShort(a + stores[t + 1], (short) x[Op.rs2(w)]);
                                } else {
                                    data.store(a, 2, x[Op.rs2(w)]);
                                }
                            }
                            case Op.SW -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                if (stores[t] == (a & (Tlb.PAGE_MASK | 3))) {
                                    HostMemory.putInt(a + stores[t + 1], (int) x[Op.rs2(w)]);
                                } else {
                                    data.store(a, 4, x[Op.rs2(w)]);
                                }
                            }
                            case Op.SD -> {
                                long a = x[Op.rs1(w)] + (w >> 32);
                                int t = Tlb.index(a);
                                if (stores[t] == (a & (Tlb.PAGE_MASK | 7))) {
                                    HostMemory.putLong(a + stores[t + 1], x[Op.rs2(w)]);
                                } else {
                                    data.store(a, 8, x[Op.rs2(w)]);
                                }
                            }
                            case Op.ADDI -> x[Op.rd(w)] = x[Op.rs1(w)] + (w >> 32);
                            case Op.SLTI -> x[Op.rd(w)] = x[Op.rs1(w)] < w >> 32 ? 1 : 0;
                            case Op.SLTIU -> x[Op.rd(w)] =
                                x[Op.rs1(w)] + Long.MIN_VALUE < (w >> 32) + Long.MIN_VALUE ? 1 : 0;
                            case Op.XORI -> x[Op.rd(w)] = x[Op.rs1(w)] ^ w >> 32;
                            case Op.ORI -> x[Op.rd(w)] = x[Op.rs1(w)] | w >> 32;
                            case Op.ANDI -> x[Op.rd(w)] = x[Op.rs1(w)] & w >> 32;
                            case Op.SLLI -> x[Op.rd(w)] = x[Op.rs1(w)] << Op.immediate(w);
                            case Op.SRLI -> x[Op.rd(w)] = x[Op.rs1(w)] >>> Op.immediate(w);
                            case Op.SRAI -> x[Op.rd(w)] = x[Op.rs1(w)] >> Op.immediate(w);
                            case Op.ADDIW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] + Op.immediate(w);
                            case Op.SLLIW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] << Op.immediate(w);
                            case Op.SRLIW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] >>> Op.immediate(w);
                            case Op.SRAIW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] >> Op.immediate(w);
                            case Op.ADD -> x[Op.rd(w)] = x[Op.rs1(w)] + x[Op.rs2(w)];
                            case Op.SUB -> x[Op.rd(w)] = x[Op.rs1(w)] - x[Op.rs2(w)];
                            case Op.SLL -> x[Op.rd(w)] = x[Op.rs1(w)] << x[Op.rs2(w)];
                            case Op.SLT -> x[Op.rd(w)] = x[Op.rs1(w)] < x[Op.rs2(w)] ? 1 : 0;
                            case Op.SLTU -> x[Op.rd(w)] =
                                x[Op.rs1(w)] + Long.MIN_VALUE < x[Op.rs2(w)] + Long.MIN_VALUE ? 1 : 0;
                            case Op.XOR -> x[Op.rd(w)] = x[Op.rs1(w)] ^ x[Op.rs2(w)];
                            case Op.SRL -> x[Op.rd(w)] = x[Op.rs1(w)] >>> x[Op.rs2(w)];
                            case Op.SRA -> x[Op.rd(w)] = x[Op.rs1(w)] >> x[Op.rs2(w)];
                            case Op.OR -> x[Op.rd(w)] = x[Op.rs1(w)] | x[Op.rs2(w)];
                            case Op.AND -> x[Op.rd(w)] = x[Op.rs1(w)] & x[Op.rs2(w)];
                            case Op.ADDW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] + (int) x[Op.rs2(w)];
                            case Op.SUBW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] - (int) x[Op.rs2(w)];
                            case Op.SLLW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] << (int) x[Op.rs2(w)];
                            case Op.SRLW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] >>> (int) x[Op.rs2(w)];
                            case Op.SRAW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] >> (int) x[Op.rs2(w)];
                            case Op.MUL -> x[Op.rd(w)] = x[Op.rs1(w)] * x[Op.rs2(w)];
                            case Op.MULH -> x[Op.rd(w)] = Math.multiplyHigh(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.MULHSU -> x[Op.rd(w)] = Arithmetic.mulhsu(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.MULHU -> x[Op.rd(w)] = Math.unsignedMultiplyHigh(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.DIV -> x[Op.rd(w)] = Arithmetic.div(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.DIVU -> x[Op.rd(w)] = Arithmetic.divu(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.REM -> x[Op.rd(w)] = Arithmetic.rem(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.REMU -> x[Op.rd(w)] = Arithmetic.remu(x[Op.rs1(w)], x[Op.rs2(w)]);
                            case Op.MULW -> x[Op.rd(w)] = (int) x[Op.rs1(w)] * (int) x[Op.rs2(w)];
                            case Op.DIVW -> x[Op.rd(w)] = Arithmetic.div((int) x[Op.rs1(w)], (int) x[Op.rs2(w)]);
                            case Op.DIVUW -> x[Op.rd(w)] = Arithmetic.divu((int) x[Op.rs1(w)], (int) x[Op.rs2(w)]);
                            case Op.REMW -> x[Op.rd(w)] = Arithmetic.rem((int) x[Op.rs1(w)], (int) x[Op.rs2(w)]);
                            case Op.REMUW -> x[Op.rd(w)] = Arithmetic.remu((int) x[Op.rs1(w)], (int) x[Op.rs2(w)]);
                            case Op.MV -> x[Op.rd(w)] = x[Op.rs1(w)];
                            case Op.NOP -> {
                                // Nothing but to count it.
                            }
                            default -> throw core.trap.of(Trap.ILLEGAL, Op.immediate(w) & 0xffffffffL);
                        }
                        n++;
                        w = code[++i];
                        continue;
                    }
                    n++;
                    int to = Op.immediate(w);
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
                page = fetch.page(target);
                i = page.position(halfword(target));
                code = page.code();
                w = code[i];
            }
        } catch (Trap trap) {
            core.pc = page == null ? target : base + 2L * page.halfwordOf(i);
            core.retired += n;
            traps.exception(trap.cause(), trap.value());
        }
    }

    private static int halfword(long address) {
        return (int) address >>> 1 & CodePage.HALFWORDS - 1;
    }
}
