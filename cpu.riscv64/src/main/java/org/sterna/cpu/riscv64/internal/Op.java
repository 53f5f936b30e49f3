package org.sterna.cpu.riscv64.internal;

/**
 * The operations of pre-decoded code, and how a pre-decoded instruction is packed into a {@code long}: operation in
 * bits 0-7, {@code rd} in 8-13, {@code rs1} in 14-19, {@code rs2} in 20-25, length in halfwords in 26-27, and a signed
 * immediate in 32-63. The immediate of an operation which is executed out of line ({@link #SYSTEM}, {@link #AMO},
 * {@link #ILLEGAL}) is the instruction as the guest wrote it. {@link #SYSTEM} is also each jump whose
 * target must be checked. The immediate of any other jump is its distance in halfwords;
 * once it has found its place in a {@link CodePage} it is the place to go to, and jumps that link then have the
 * halfword to return to in bits 20-31.
 */
final class Op {
    /** A 32-bit instruction whose second half lies in the next page. */
    static final int CROSSING = 1;
    /** Not an instruction of the guest: goes on elsewhere. */
    static final int GOTO = 2;
    static final int ILLEGAL = 3;
    static final int SYSTEM = 4;
    static final int AMO = 5;
    static final int FENCE = 6;
    static final int FENCE_I = 7;
    static final int LI = 8;
    static final int AUIPC = 9;
    static final int JAL = 10;
    static final int JALR = 11;
    static final int BEQ = 12;
    static final int BNE = 13;
    static final int BLT = 14;
    static final int BGE = 15;
    static final int BLTU = 16;
    static final int BGEU = 17;
    static final int LB = 18;
    static final int LH = 19;
    static final int LW = 20;
    static final int LD = 21;
    static final int LBU = 22;
    static final int LHU = 23;
    static final int LWU = 24;
    static final int SB = 25;
    static final int SH = 26;
    static final int SW = 27;
    static final int SD = 28;
    static final int ADDI = 29;
    static final int SLTI = 30;
    static final int SLTIU = 31;
    static final int XORI = 32;
    static final int ORI = 33;
    static final int ANDI = 34;
    static final int SLLI = 35;
    static final int SRLI = 36;
    static final int SRAI = 37;
    static final int ADDIW = 38;
    static final int SLLIW = 39;
    static final int SRLIW = 40;
    static final int SRAIW = 41;
    static final int ADD = 42;
    static final int SUB = 43;
    static final int SLL = 44;
    static final int SLT = 45;
    static final int SLTU = 46;
    static final int XOR = 47;
    static final int SRL = 48;
    static final int SRA = 49;
    static final int OR = 50;
    static final int AND = 51;
    static final int ADDW = 52;
    static final int SUBW = 53;
    static final int SLLW = 54;
    static final int SRLW = 55;
    static final int SRAW = 56;
    static final int MUL = 57;
    static final int MULH = 58;
    static final int MULHSU = 59;
    static final int MULHU = 60;
    static final int DIV = 61;
    static final int DIVU = 62;
    static final int REM = 63;
    static final int REMU = 64;
    static final int MULW = 65;
    static final int DIVW = 66;
    static final int DIVUW = 67;
    static final int REMW = 68;
    static final int REMUW = 69;
    static final int MV = 70;
    static final int NOP = 71;

    /** Where results for {@code x0} go: a register that nothing reads. */
    static final int SINK = 32;

    private Op() {
    }

    static long word(int operation, int rd, int rs1, int rs2, int halfwords, int immediate) {
        return operation | (rd == 0 ? SINK : rd) << 8 | rs1 << 14 | (long) rs2 << 20 | (long) halfwords << 26
            | (long) immediate << 32;
    }

    static int operation(long word) {
        return (int) word & 0xff;
    }

    static int rd(long word) {
        return (int) word >>> 8 & 63;
    }

    static int rs1(long word) {
        return (int) word >>> 14 & 63;
    }

    static int rs2(long word) {
        return (int) word >>> 20 & 63;
    }

    static int halfwords(long word) {
        return (int) word >>> 26 & 3;
    }

    static int immediate(long word) {
        return (int) (word >> 32);
    }

    /** The halfword, relative to its page, behind a jump that links. */
    static int link(long word) {
        return (int) word >>> 20;
    }

    static long withLink(long word, int halfword) {
        return word & ~0xfff00000L | (halfword & 0xfffL) << 20;
    }

    static long withImmediate(long word, int immediate) {
        return word & 0xffffffffL | (long) immediate << 32;
    }

    /** Whether it goes, always or if a condition holds, to a place that is known when it is decoded. */
    static boolean isDirectJump(long word) {
        int operation = operation(word);
        return operation == GOTO || operation == JAL || operation >= BEQ && operation <= BGEU;
    }

    /** Whether what follows it in memory is never executed right after it. */
    static boolean endsRun(long word) {
        int operation = operation(word);
        return operation == JAL || operation == JALR || operation == CROSSING || operation == ILLEGAL;
    }
}
