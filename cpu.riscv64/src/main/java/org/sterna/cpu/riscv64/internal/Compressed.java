package org.sterna.cpu.riscv64.internal;

/**
 * Expands 16-bit instructions into the 32-bit instructions that they stand for (the "C" extension of RV64, without
 * the floating-point loads and stores).
 */
final class Compressed {
    private static final int LOAD = 0x03;
    private static final int OP_IMM = 0x13;
    private static final int OP_IMM_32 = 0x1b;
    private static final int STORE = 0x23;
    private static final int OP = 0x33;
    private static final int LUI = 0x37;
    private static final int OP_32 = 0x3b;
    private static final int JALR = 0x67;
    private static final int EBREAK = 0x00100073;
    private static final int SP = 2;

    private Compressed() {
    }

    /** The 32-bit instruction, or 0 (which is none) if the halfword is not an instruction. */
    static int expand(int half) {
        return switch ((half & 3) << 3 | half >>> 13 & 7) {
            case 0b00_000 -> addi4spn(half);
            case 0b00_010 -> load(2, low(half), high(half), wordOffset(half));
            case 0b00_011 -> load(3, low(half), high(half), doubleOffset(half));
            case 0b00_110 -> store(2, high(half), low(half), wordOffset(half));
            case 0b00_111 -> store(3, high(half), low(half), doubleOffset(half));
            case 0b01_000 -> immediate(OP_IMM, 0, full(half), full(half), signed6(half));
            case 0b01_001 -> full(half) == 0 ? 0 : immediate(OP_IMM_32, 0, full(half), full(half), signed6(half));
            case 0b01_010 -> immediate(OP_IMM, 0, full(half), 0, signed6(half));
            case 0b01_011 -> full(half) == SP ? addi16sp(half) : lui(half);
            case 0b01_100 -> arithmetic(half);
            case 0b01_101 -> jump(half);
            case 0b01_110 -> branch(half, 0);
            case 0b01_111 -> branch(half, 1);
            case 0b10_000 -> immediate(OP_IMM, 1, full(half), full(half), unsigned6(half));
            case 0b10_010 -> full(half) == 0 ? 0 : load(2, full(half), SP,
                bits(half, 4, 3, 2) | bits(half, 12, 1, 5) | bits(half, 2, 2, 6));
            case 0b10_011 -> full(half) == 0 ? 0 : load(3, full(half), SP,
                bits(half, 5, 2, 3) | bits(half, 12, 1, 5) | bits(half, 2, 3, 6));
            case 0b10_100 -> registers(half);
            case 0b10_110 -> store(2, SP, second(half), bits(half, 9, 4, 2) | bits(half, 7, 2, 6));
            case 0b10_111 -> store(3, SP, second(half), bits(half, 10, 3, 3) | bits(half, 7, 3, 6));
            default -> 0;
        };
    }

    private static int addi4spn(int half) {
        int offset = bits(half, 11, 2, 4) | bits(half, 7, 4, 6) | bits(half, 6, 1, 2) | bits(half, 5, 1, 3);
        return offset == 0 ? 0 : immediate(OP_IMM, 0, low(half), SP, offset);
    }

    private static int addi16sp(int half) {
        int offset = bits(half, 6, 1, 4) | bits(half, 2, 1, 5) | bits(half, 5, 1, 6) | bits(half, 3, 2, 7)
            | sign(half) << 9;
        return offset == 0 ? 0 : immediate(OP_IMM, 0, SP, SP, offset);
    }

    private static int lui(int half) {
        int value = signed6(half);
        return value == 0 ? 0 : value << 12 | full(half) << 7 | LUI;
    }

    private static int arithmetic(int half) {
        int register = high(half);
        return switch (half >>> 10 & 3) {
            case 0 -> immediate(OP_IMM, 5, register, register, unsigned6(half));
            case 1 -> immediate(OP_IMM, 5, register, register, unsigned6(half) | 0x400);
            case 2 -> immediate(OP_IMM, 7, register, register, signed6(half));
            default -> switch (half >>> 12 & 1 | half >>> 4 & 6) {
                case 0b000 -> register(OP, 0, 0x20, register, register, low(half));
                case 0b010 -> register(OP, 4, 0, register, register, low(half));
                case 0b100 -> register(OP, 6, 0, register, register, low(half));
                case 0b110 -> register(OP, 7, 0, register, register, low(half));
                case 0b001 -> register(OP_32, 0, 0x20, register, register, low(half));
                case 0b011 -> register(OP_32, 0, 0, register, register, low(half));
                default -> 0;
            };
        };
    }

    private static int jump(int half) {
        int offset = sign(half) << 11 | bits(half, 11, 1, 4) | bits(half, 9, 2, 8) | bits(half, 8, 1, 10)
            | bits(half, 7, 1, 6) | bits(half, 6, 1, 7) | bits(half, 3, 3, 1) | bits(half, 2, 1, 5);
        return bits(offset, 20, 1, 31) | bits(offset, 1, 10, 21) | bits(offset, 11, 1, 20) | offset & 0xff000 | 0x6f;
    }

    private static int branch(int half, int funct3) {
        int offset = sign(half) << 8 | bits(half, 10, 2, 3) | bits(half, 5, 2, 6) | bits(half, 3, 2, 1)
            | bits(half, 2, 1, 5);
        return bits(offset, 12, 1, 31) | bits(offset, 5, 6, 25) | high(half) << 15 | funct3 << 12
            | bits(offset, 1, 4, 8) | bits(offset, 11, 1, 7) | 0x63;
    }

    private static int registers(int half) {
        int rd = full(half);
        int rs2 = second(half);
        boolean bit12 = (half & 0x1000) != 0;
        if (rs2 != 0) {
            return register(OP, 0, 0, rd, bit12 ? rd : 0, rs2);
        }
        if (rd != 0) {
            return immediate(JALR, 0, bit12 ? 1 : 0, rd, 0);
        }
        return bit12 ? EBREAK : 0;
    }

    /** Moves {@code count} bits of a value from one position to another. */
    private static int bits(int value, int from, int count, int to) {
        return (value >>> from & (1 << count) - 1) << to;
    }

    private static int full(int half) {
        return half >>> 7 & 31;
    }

    private static int second(int half) {
        return half >>> 2 & 31;
    }

    /** The register of bits 2-4, one of x8-x15. */
    private static int low(int half) {
        return 8 + (half >>> 2 & 7);
    }

    /** The register of bits 7-9, one of x8-x15. */
    private static int high(int half) {
        return 8 + (half >>> 7 & 7);
    }

    /** -1 or 0, after bit 12. */
    private static int sign(int half) {
        return -(half >>> 12 & 1);
    }

    private static int unsigned6(int half) {
        return half >>> 2 & 31 | half >>> 7 & 32;
    }

    private static int signed6(int half) {
        return half >>> 2 & 31 | sign(half) << 5;
    }

    private static int wordOffset(int half) {
        return bits(half, 6, 1, 2) | bits(half, 10, 3, 3) | bits(half, 5, 1, 6);
    }

    private static int doubleOffset(int half) {
        return bits(half, 10, 3, 3) | bits(half, 5, 2, 6);
    }

    private static int immediate(int opcode, int funct3, int rd, int rs1, int value) {
        return value << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
    }

    private static int register(int opcode, int funct3, int funct7, int rd, int rs1, int rs2) {
        return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
    }

    private static int load(int funct3, int rd, int rs1, int offset) {
        return immediate(LOAD, funct3, rd, rs1, offset);
    }

    private static int store(int funct3, int rs1, int rs2, int offset) {
        return register(STORE, funct3, offset >>> 5, offset & 31, rs1, rs2);
    }
}
