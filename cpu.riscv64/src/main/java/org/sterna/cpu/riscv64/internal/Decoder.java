package org.sterna.cpu.riscv64.internal;

/**
 * Decodes instructions of RV64I with Zicsr and the extensions that a hart has of M, A, C and Zifencei ("The RISC-V
 * Instruction Set Manual", volume I).
 */
class Decoder {
    private static final int[] BRANCHES = {Op.BEQ, Op.BNE, -1, -1, Op.BLT, Op.BGE, Op.BLTU, Op.BGEU};
    private static final int[] LOADS = {Op.LB, Op.LH, Op.LW, Op.LD, Op.LBU, Op.LHU, Op.LWU, -1};
    private static final int[] STORES = {Op.SB, Op.SH, Op.SW, Op.SD, -1, -1, -1, -1};
    private static final int[] IMMEDIATES = {Op.ADDI, -1, Op.SLTI, Op.SLTIU, Op.XORI, -1, Op.ORI, Op.ANDI};
    private static final int[] REGISTERS = {Op.ADD, Op.SLL, Op.SLT, Op.SLTU, Op.XOR, Op.SRL, Op.OR, Op.AND};
    private static final int[] MULTIPLIES =
        {Op.MUL, Op.MULH, Op.MULHSU, Op.MULHU, Op.DIV, Op.DIVU, Op.REM, Op.REMU};
    private static final int[] WORD_MULTIPLIES = {Op.MULW, -1, -1, -1, Op.DIVW, Op.DIVUW, Op.REMW, Op.REMUW};

    private final HartModel.Extensions extensions;

    Decoder(HartModel.Extensions extensions) {
        this.extensions = extensions;
    }

    /** Whether an instruction that starts with this halfword is 32 bits long. */
    static boolean isLong(int halfword) {
        return (halfword & 3) == 3;
    }

    /** The pre-decoded form of a 16-bit instruction. */
    long decodeShort(int halfword) {
        int expansion = extensions.c() ? Compressed.expand(halfword) : 0;
        return expansion == 0 ? illegal(halfword, 1) : decode(expansion, 1);
    }

    /** The pre-decoded form of a 32-bit instruction. */
    long decodeLong(int instruction) {
        return decode(instruction, 2);
    }

    private long decode(int raw, int length) {
        int rd = raw >>> 7 & 31;
        int rs1 = raw >>> 15 & 31;
        int rs2 = raw >>> 20 & 31;
        int funct3 = raw >>> 12 & 7;
        int operation = switch (raw & 0x7f) {
            case 0x03 -> LOADS[funct3];
            case 0x0f -> funct3 == 0 ? Op.FENCE : funct3 == 1 && extensions.zifencei() ? Op.FENCE_I : -1;
            case 0x13 -> immediateOperation(raw, funct3);
            case 0x17 -> Op.AUIPC;
            case 0x1b -> wordImmediateOperation(raw, funct3);
            case 0x23 -> STORES[funct3];
            case 0x2f -> extensions.a() && atomic(raw, funct3) ? Op.AMO : -1;
            case 0x33 -> registerOperation(raw, funct3);
            case 0x37 -> Op.LI;
            case 0x3b -> wordRegisterOperation(raw, funct3);
            case 0x63 -> BRANCHES[funct3];
            case 0x67 -> funct3 == 0 ? Op.JALR : -1;
            case 0x6f -> Op.JAL;
            case 0x73 -> funct3 == 4 ? -1 : Op.SYSTEM;
            default -> -1;
        };
        if (operation < 0) {
            return illegal(raw, length);
        }
        int immediate = immediate(operation, raw);
        return mayMisalign(operation, immediate) ? Op.word(Op.SYSTEM, rd, rs1, rs2, length, raw)
            : simplify(operation, rd, rs1, rs2, length, immediate);
    }

    /**
     * Whether a jump may go to where no instruction can be, which only a hart without C has. It is then executed out of
     * line, where its target is looked at; nothing of this burdens the others.
     */
    private boolean mayMisalign(int operation, int immediate) {
        boolean direct = operation == Op.JAL || operation >= Op.BEQ && operation <= Op.BGEU;
        return !extensions.c() && (operation == Op.JALR || direct && (immediate & 1) != 0);
    }

    private static long illegal(int raw, int length) {
        return Op.word(Op.ILLEGAL, 0, 0, 0, length, raw);
    }

    /** Takes the short cuts that assemblers express as pseudo-instructions. */
    private static long simplify(int operation, int rd, int rs1, int rs2, int length, int immediate) {
        boolean pure = operation == Op.LI || operation == Op.AUIPC || operation >= Op.ADDI;
        if (pure && rd == 0) {
            return Op.word(Op.NOP, 0, 0, 0, length, 0);
        }
        if (operation == Op.ADDI && rs1 == 0) {
            return Op.word(Op.LI, rd, 0, 0, length, immediate);
        }
        if (operation == Op.ADDI && immediate == 0) {
            return Op.word(Op.MV, rd, rs1, 0, length, 0);
        }
        if (operation == Op.ADD && rs1 == 0) {
            return Op.word(Op.MV, rd, rs2, 0, length, 0);
        }
        return Op.word(operation, rd, rs1, rs2, length, immediate);
    }

    private static int immediate(int operation, int raw) {
        return switch (operation) {
            case Op.LI, Op.AUIPC -> raw & 0xfffff000;
            case Op.JAL ->
                ((raw >> 31) << 20 | raw & 0xff000 | (raw >>> 20 & 1) << 11 | (raw >>> 21 & 0x3ff) << 1) >> 1;
            case Op.BEQ, Op.BNE, Op.BLT, Op.BGE, Op.BLTU, Op.BGEU ->
                ((raw >> 31) << 12 | (raw >>> 7 & 1) << 11 | (raw >>> 25 & 0x3f) << 5 | (raw >>> 8 & 15) << 1) >> 1;
            case Op.SB, Op.SH, Op.SW, Op.SD -> (raw >> 25) << 5 | raw >>> 7 & 31;
            case Op.SLLI, Op.SRLI, Op.SRAI -> raw >>> 20 & 63;
            case Op.SLLIW, Op.SRLIW, Op.SRAIW -> raw >>> 20 & 31;
            case Op.SYSTEM, Op.AMO -> raw;
            default -> raw >> 20;
        };
    }

    private static int immediateOperation(int raw, int funct3) {
        return switch (funct3) {
            case 1 -> raw >>> 26 == 0 ? Op.SLLI : -1;
            case 5 -> raw >>> 26 == 0 ? Op.SRLI : raw >>> 26 == 0x10 ? Op.SRAI : -1;
            default -> IMMEDIATES[funct3];
        };
    }

    private static int wordImmediateOperation(int raw, int funct3) {
        return switch (funct3) {
            case 0 -> Op.ADDIW;
            case 1 -> raw >>> 25 == 0 ? Op.SLLIW : -1;
            case 5 -> raw >>> 25 == 0 ? Op.SRLIW : raw >>> 25 == 0x20 ? Op.SRAIW : -1;
            default -> -1;
        };
    }

    private int registerOperation(int raw, int funct3) {
        return switch (raw >>> 25) {
            case 0 -> REGISTERS[funct3];
            case 1 -> extensions.m() ? MULTIPLIES[funct3] : -1;
            case 0x20 -> funct3 == 0 ? Op.SUB : funct3 == 5 ? Op.SRA : -1;
            default -> -1;
        };
    }

    private int wordRegisterOperation(int raw, int funct3) {
        return switch (raw >>> 25) {
            case 0 -> funct3 == 0 ? Op.ADDW : funct3 == 1 ? Op.SLLW : funct3 == 5 ? Op.SRLW : -1;
            case 1 -> extensions.m() ? WORD_MULTIPLIES[funct3] : -1;
            case 0x20 -> funct3 == 0 ? Op.SUBW : funct3 == 5 ? Op.SRAW : -1;
            default -> -1;
        };
    }

    private static boolean atomic(int raw, int funct3) {
        boolean loadReserved = raw >>> 27 == Atomics.LR;
        return (funct3 == 2 || funct3 == 3) && Atomics.exists(raw >>> 27)
            && (!loadReserved || (raw >>> 20 & 31) == 0);
    }
}
