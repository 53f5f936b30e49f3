package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jumps, branches, and code that spans pages or changes. */
class ControlFlowTest {
    private static final List<Long> VALUES = List.of(0L, 1L, -1L, Long.MIN_VALUE, Long.MAX_VALUE);
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    /** A branch over an instruction that would set A2. */
    private boolean taken(int funct3, long a, long b) {
        guest.x(Asm.A0, a);
        guest.x(Asm.A1, b);
        guest.x(Asm.A2, 0);
        guest.run(Asm.branch(funct3, Asm.A0, Asm.A1, 8), Asm.addi(Asm.A2, 0, 1));
        assertFalse(guest.trapped());
        return guest.x(Asm.A2) == 0;
    }

    @Test
    void branchesCompare() {
        for (long a : VALUES) {
            for (long b : VALUES) {
                assertEquals(a == b, taken(0, a, b));
                assertEquals(a != b, taken(1, a, b));
                assertEquals(a < b, taken(4, a, b));
                assertEquals(a >= b, taken(5, a, b));
                assertEquals(Long.compareUnsigned(a, b) < 0, taken(6, a, b));
                assertEquals(Long.compareUnsigned(a, b) >= 0, taken(7, a, b));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"-4096", "4094", "2048", "-1048576", "1048574", "8", "4096"})
    void jumpsAnyDistance(int distance) {
        long start = Guest.CODE + 0x20_0000;
        guest.put(start + distance, Guest.STOP_CODE);
        guest.put(start, Asm.jal(Asm.A0, distance));
        guest.go(start);
        assertEquals(start + 4, guest.x(Asm.A0));
        assertEquals(start + distance + 8, guest.hart.programCounter());
    }

    @ParameterizedTest
    @CsvSource({"-4096", "4094", "2048", "-2048"})
    void branchesAnyDistance(int distance) {
        long start = Guest.CODE + 0x20_0000;
        guest.put(start + distance, Guest.STOP_CODE);
        guest.put(start, Asm.branch(0, 0, 0, distance));
        guest.go(start);
        assertEquals(start + distance + 8, guest.hart.programCounter());
    }

    @Test
    void jumpsToRegistersClearTheLowestBit() {
        guest.put(Guest.CODE + 0x100, Guest.STOP_CODE);
        guest.x(Asm.A0, Guest.CODE + 0x105);
        guest.run(Asm.jalr(Asm.A0, Asm.A0, -4));
        assertEquals(Guest.CODE + 4, guest.x(Asm.A0));
        assertEquals(Guest.CODE + 0x108, guest.hart.programCounter());
    }

    @Test
    void loopsCountTheirInstructions() {
        guest.x(Asm.A0, 1000);
        long before = guest.hart.instructions();
        guest.run(Asm.addi(Asm.A0, Asm.A0, -1), Asm.branch(1, Asm.A0, 0, -4));
        // The loop, and the three instructions that stop, the last of which jumps to itself.
        assertEquals(2003, guest.hart.instructions() - before);
    }

    @Test
    void instructionsMayCrossPages() {
        long start = Guest.CODE + 0xffe;
        guest.put(start, Asm.addi(Asm.A0, 0, 77));
        guest.put(start + 4, Guest.STOP_CODE);
        guest.go(start);
        assertEquals(77, guest.x(Asm.A0));
        guest.put(start, Asm.jal(Asm.A1, 0x1000));
        guest.put(start + 0x1000, Guest.STOP_CODE);
        guest.go(start);
        assertEquals(start + 4, guest.x(Asm.A1));
        assertEquals(start + 0x1008, guest.hart.programCounter());
    }

    @Test
    void codeRunsOnIntoTheNextPage() {
        for (long a = Guest.CODE; a < Guest.CODE + 0x2000; a += 4) {
            guest.put(a, Asm.addi(Asm.A0, Asm.A0, 1));
        }
        guest.put(Guest.CODE + 0x2000, Guest.STOP_CODE);
        guest.go(Guest.CODE);
        assertEquals(0x800, guest.x(Asm.A0));
    }

    @Test
    void overlappingInstructionsAreSeparate() {
        // At +2 lies a 16-bit "c.li a0, 5" inside the immediate of a 32-bit LUI.
        guest.put(Guest.CODE, Asm.lui(Asm.A1, 0x45150), Asm.jal(0, 0));
        guest.put(Guest.CODE + 4, Guest.STOP_CODE);
        guest.go(Guest.CODE);
        assertEquals(0x45150000L, guest.x(Asm.A1));
        guest.go(Guest.CODE + 2);
        assertEquals(5, guest.x(Asm.A0));
    }

    @Test
    void changedCodeRunsAfterFenceI() {
        long patched = Guest.CODE + 0x40;
        int[] program = {Asm.jalr(Asm.RA, Asm.S0, 0), Asm.store(2, Asm.A1, Asm.S0, 0), Asm.FENCE_I,
            Asm.jalr(Asm.RA, Asm.S0, 0)};
        guest.put(patched, Asm.addi(Asm.A0, Asm.A0, 1), Asm.jalr(0, Asm.RA, 0));
        guest.x(Asm.S0, patched);
        guest.x(Asm.A1, Asm.addi(Asm.A0, Asm.A0, 100));
        guest.run(program);
        assertEquals(101, guest.x(Asm.A0));
    }

    @Test
    void safePointsEndAnyLoop() {
        // A forward jump, and a jump back that is decoded as the way from one run of code to another.
        guest.put(Guest.CODE, Asm.jal(0, 8), Asm.jal(0, 4), Asm.jal(0, -4));
        guest.set(core -> core.pc = Guest.CODE);
        guest.control.requestSafePoint(true);
        for (int i = 0; i < 10; i++) {
            long before = guest.hart.instructions();
            guest.hart.step();
            assertTrue(guest.hart.instructions() - before <= 3);
            assertTrue(guest.hart.programCounter() <= Guest.CODE + 8);
        }
    }
}
