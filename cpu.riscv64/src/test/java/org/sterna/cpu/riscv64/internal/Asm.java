package org.sterna.cpu.riscv64.internal;

/** Encodes the instructions that the tests need, by the formats of the manual. */
final class Asm {
    static final int ZERO = 0;
    static final int RA = 1;
    static final int SP = 2;
    static final int T0 = 5;
    static final int T1 = 6;
    static final int T2 = 7;
    static final int S0 = 8;
    static final int S1 = 9;
    static final int A0 = 10;
    static final int A1 = 11;
    static final int A2 = 12;
    static final int A3 = 13;
    static final int A4 = 14;
    static final int ECALL = 0x73;
    static final int EBREAK = 0x100073;
    static final int SRET = 0x10200073;
    static final int MRET = 0x30200073;
    static final int WFI = 0x10500073;
    static final int FENCE = 0x0ff0000f;
    static final int FENCE_I = 0x100f;
    static final int NOP = 0x13;

    private Asm() {
    }

    static int r(int opcode, int funct3, int funct7, int rd, int rs1, int rs2) {
        return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
    }

    static int i(int opcode, int funct3, int rd, int rs1, int immediate) {
        return immediate << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
    }

    static int load(int funct3, int rd, int rs1, int offset) {
        return i(0x03, funct3, rd, rs1, offset);
    }

    static int store(int funct3, int rs2, int rs1, int offset) {
        return r(0x23, funct3, offset >> 5, offset & 31, rs1, rs2);
    }

    static int branch(int funct3, int rs1, int rs2, int offset) {
        return (offset >> 12 & 1) << 31 | (offset >> 5 & 63) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12
            | (offset >> 1 & 15) << 8 | (offset >> 11 & 1) << 7 | 0x63;
    }

    static int jal(int rd, int offset) {
        return (offset >> 20 & 1) << 31 | (offset >> 1 & 0x3ff) << 21 | (offset >> 11 & 1) << 20 | offset & 0xff000
            | rd << 7 | 0x6f;
    }

    static int jalr(int rd, int rs1, int offset) {
        return i(0x67, 0, rd, rs1, offset);
    }

    static int lui(int rd, int upper) {
        return upper << 12 | rd << 7 | 0x37;
    }

    static int auipc(int rd, int upper) {
        return upper << 12 | rd << 7 | 0x17;
    }

    static int addi(int rd, int rs1, int immediate) {
        return i(0x13, 0, rd, rs1, immediate);
    }

    static int add(int rd, int rs1, int rs2) {
        return r(0x33, 0, 0, rd, rs1, rs2);
    }

    static int ld(int rd, int rs1, int offset) {
        return load(3, rd, rs1, offset);
    }

    static int sd(int rs2, int rs1, int offset) {
        return store(3, rs2, rs1, offset);
    }

    static int csrrw(int rd, int csr, int rs1) {
        return i(0x73, 1, rd, rs1, csr);
    }

    static int csrrs(int rd, int csr, int rs1) {
        return i(0x73, 2, rd, rs1, csr);
    }

    static int csrrc(int rd, int csr, int rs1) {
        return i(0x73, 3, rd, rs1, csr);
    }

    /** The forms with a 5-bit constant: 5 is CSRRWI, 6 CSRRSI, 7 CSRRCI. */
    static int csri(int funct3, int rd, int csr, int constant) {
        return i(0x73, funct3, rd, constant, csr);
    }

    /** An operation of the A extension on 4 (funct3 2) or 8 bytes (funct3 3). */
    static int amo(int operation, int funct3, int rd, int rs1, int rs2) {
        return r(0x2f, funct3, operation << 2, rd, rs1, rs2);
    }

    static int sfence(int rs1) {
        return r(0x73, 0, 9, 0, rs1, 0);
    }
}
