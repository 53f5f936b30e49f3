package org.sterna.bench;

import java.util.Arrays;
import org.sterna.cpu.riscv64.internal.Hart;
import org.sterna.cpu.riscv64.internal.HartContext;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/**
 * A hart with a loop of guest code in its memory. The loop counts a0 down to 0 and then calls the environment, which
 * halts the hart.
 */
final class GuestProgram implements AutoCloseable {
    static final long RAM = 0x8000_0000L;
    /** Where the data of the loops lie. */
    static final long DATA = RAM + 0x10_0000L;
    /** Registers of the loops; {@code A0} is the counter, {@code S0} and {@code S1} point to {@link #DATA}. */
    static final int S0 = 8;
    static final int S1 = 9;
    static final int A0 = 10;
    static final int A1 = 11;
    static final int A2 = 12;
    static final int A3 = 13;
    static final int A4 = 14;
    static final int A5 = 15;
    private static final int ECALL = 0x73;

    private final GuestMemory memory;
    private final Hart hart;

    /** A program of a loop's body, which gets the counting and the jump back added. */
    GuestProgram(long size, int... body) {
        memory = new GuestMemory(RAM, size);
        int[] code = Arrays.copyOf(body, body.length + 3);
        code[body.length] = addi(A0, A0, -1);
        code[body.length + 1] = bnez(A0, -4 * (body.length + 1));
        code[body.length + 2] = ECALL;
        for (int i = 0; i < code.length; i++) {
            memory.putInt(RAM + 4L * i, code[i]);
        }
        hart = new Hart(new HartContext(0, memory, new MmioBus(), new GuestClock(), 10_000_000, new ProcessorControl(),
            caller -> caller.halt()));
    }

    GuestMemory memory() {
        return memory;
    }

    Hart hart() {
        return hart;
    }

    /** Runs the loop so many times. Returns how many instructions that took. */
    long run(int times) {
        long before = hart.instructions();
        hart.boot(RAM, times);
        hart.setRegister(S0, DATA);
        hart.setRegister(S1, DATA);
        hart.run();
        return hart.instructions() - before;
    }

    @Override
    public void close() {
        memory.close();
    }

    static int addi(int rd, int rs1, int value) {
        return value << 20 | rs1 << 15 | rd << 7 | 0x13;
    }

    static int slli(int rd, int rs1, int count) {
        return count << 20 | rs1 << 15 | 1 << 12 | rd << 7 | 0x13;
    }

    static int srli(int rd, int rs1, int count) {
        return count << 20 | rs1 << 15 | 5 << 12 | rd << 7 | 0x13;
    }

    static int add(int rd, int rs1, int rs2) {
        return rs2 << 20 | rs1 << 15 | rd << 7 | 0x33;
    }

    static int xor(int rd, int rs1, int rs2) {
        return rs2 << 20 | rs1 << 15 | 4 << 12 | rd << 7 | 0x33;
    }

    static int and(int rd, int rs1, int rs2) {
        return rs2 << 20 | rs1 << 15 | 7 << 12 | rd << 7 | 0x33;
    }

    static int load(int funct3, int rd, int rs1, int offset) {
        return offset << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x03;
    }

    static int store(int funct3, int rs2, int rs1, int offset) {
        return offset >>> 5 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (offset & 31) << 7 | 0x23;
    }

    static int ld(int rd, int rs1, int offset) {
        return load(3, rd, rs1, offset);
    }

    static int lw(int rd, int rs1, int offset) {
        return load(2, rd, rs1, offset);
    }

    static int sd(int rs2, int rs1, int offset) {
        return store(3, rs2, rs1, offset);
    }

    static int sw(int rs2, int rs1, int offset) {
        return store(2, rs2, rs1, offset);
    }

    private static int bnez(int rs1, int offset) {
        return (offset >> 12 & 1) << 31 | (offset >> 5 & 63) << 25 | rs1 << 15 | 1 << 12 | (offset >> 1 & 15) << 8
            | (offset >> 11 & 1) << 7 | 0x63;
    }
}
