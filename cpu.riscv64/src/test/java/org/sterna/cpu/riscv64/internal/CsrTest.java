package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Control and status registers: the instructions, which bits hold, counters. */
class CsrTest {
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    /** What a register reads after all ones, and then after all zeroes, have been written. */
    @ParameterizedTest
    @CsvSource({
        "0x300, 0xa007e19aa, 0xa00000000", "0x100, 0x2000c0122, 0x200000000",
        "0x301, 0x8000000000141105, 0x8000000000141105",
        "0x302, 0xb3ff, 0", "0x303, 0x222, 0", "0x304, 0xaaa, 0", "0x305, 0xfffffffffffffffd, 0", "0x306, 7, 0",
        "0x30a, 1, 0", "0x320, 0, 0", "0x323, 0, 0", "0x340, 0xffffffffffffffff, 0", "0x341, 0xfffffffffffffffe, 0",
        "0x342, 0xffffffffffffffff, 0", "0x343, 0xffffffffffffffff, 0", "0x344, 0x222, 0",
        "0x105, 0xfffffffffffffffd, 0", "0x106, 7, 0", "0x10a, 1, 0", "0x140, 0xffffffffffffffff, 0",
        "0x141, 0xfffffffffffffffe, 0", "0x142, 0xffffffffffffffff, 0", "0x143, 0xffffffffffffffff, 0",
        "0x144, 0, 0", "0x104, 0, 0", "0xb00, 0xffffffffffffffff, 0", "0xb02, 0xffffffffffffffff, 0", "0xb1f, 0, 0",
        "0x3b0, 0x3ffffffffffc00, 0", "0x7a0, 0, 0"})
    void onlyTheirBitsHold(String register, String ones, String zeroes) {
        int number = Integer.decode(register);
        guest.x(Asm.A1, -1);
        guest.run(Asm.csrrw(0, number, Asm.A1), Asm.csrrs(Asm.A0, number, 0), Asm.csrrw(0, number, 0),
            Asm.csrrs(Asm.A2, number, 0));
        assertFalse(guest.trapped());
        assertEquals(ones.replace("0x", ""), Long.toHexString(guest.x(Asm.A0)));
        assertEquals(zeroes.replace("0x", ""), Long.toHexString(guest.x(Asm.A2)));
    }

    @Test
    void theSixInstructionsSwapSetAndClear() {
        guest.x(Asm.A1, 0b1100);
        guest.x(Asm.A2, 0b1010);
        int scratch = Csr.MSCRATCH;
        guest.run(Asm.csrrw(0, scratch, Asm.A1), Asm.csrrs(Asm.A0, scratch, Asm.A2), Asm.csrrc(Asm.A3, scratch, Asm.A1),
            Asm.csri(5, Asm.A4, scratch, 0b11000), Asm.csri(6, Asm.T0, scratch, 0b00101),
            Asm.csri(7, Asm.T1, scratch, 0b10001), Asm.csrrs(Asm.T2, scratch, 0));
        assertEquals(0b1100, guest.x(Asm.A0));
        assertEquals(0b1110, guest.x(Asm.A3));
        assertEquals(0b0010, guest.x(Asm.A4));
        assertEquals(0b11000, guest.x(Asm.T0));
        assertEquals(0b11101, guest.x(Asm.T1));
        assertEquals(0b01100, guest.x(Asm.T2));
    }

    @Test
    void anInstructionMayReadAndWriteTheSameRegister() {
        guest.x(Asm.A0, 5);
        guest.run(Asm.csrrw(0, Csr.MSCRATCH, Asm.A0), Asm.addi(Asm.A0, 0, 6), Asm.csrrw(Asm.A0, Csr.MSCRATCH, Asm.A0));
        assertEquals(5, guest.x(Asm.A0));
        assertEquals(6, guest.machine().mscratch());
    }

    @Test
    void readOnlyRegistersCanBeReadBySettingNothing() {
        guest.run(Asm.csrrs(Asm.A0, Csr.MHARTID, 0), Asm.csri(6, Asm.A0, Csr.MHARTID, 0));
        assertFalse(guest.trapped());
        guest.run(Asm.csri(5, 0, Csr.MHARTID, 0));
        assertEquals(Trap.ILLEGAL, guest.machine().mcause());
    }

    @ParameterizedTest
    @ValueSource(ints = {0x000, 0x001, 0x003, 0x180 + 1, 0x3a1, 0x3c0, 0x5a8, 0x747, 0xb01, 0xc20, 0xf10})
    void othersDoNotExist(int number) {
        guest.run(Asm.csrrs(Asm.A0, number, 0));
        assertTrue(guest.trapped());
        assertEquals(Trap.ILLEGAL, guest.machine().mcause());
    }

    @Test
    void countersCountWhatHasRetired() {
        guest.run(Asm.csrrs(Asm.A0, Csr.MINSTRET, 0), Asm.NOP, Asm.NOP, Asm.csrrs(Asm.A1, Csr.INSTRET, 0),
            Asm.csri(5, 0, Csr.MINSTRET, 9), Asm.csrrs(Asm.A2, Csr.MINSTRET, 0));
        assertEquals(3, guest.x(Asm.A1) - guest.x(Asm.A0));
        assertEquals(9, guest.x(Asm.A2));
        assertEquals(guest.hart.state().minstret() - 9 - 1, 3, "the three instructions that stop");
    }

    @Test
    void timeRunsAtTheTimebase() {
        guest.clock.start();
        guest.hostTime[0] = 123_456_789_012L;
        guest.run(Asm.csrrs(Asm.A0, Csr.TIME, 0));
        assertEquals(1_234_567_890L, guest.x(Asm.A0));
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 0, false", "1, 2, 0, true", "0, 2, 0, false", "0, 0, 2, false", "0, 2, 2, true",
        "3, 0, 0, true"})
    void lowerModesNeedTheirCountersEnabled(int mode, int machine, int supervisor, boolean allowed) {
        guest.set(core -> {
            core.mode = mode;
            core.mcounteren = machine;
            core.scounteren = supervisor;
            core.pmp.allowAll();
        });
        guest.run(Asm.csrrs(Asm.A0, Csr.TIME, 0));
        assertEquals(!allowed, guest.trapped());
    }

    @Test
    void statusRefusesAModeThatDoesNotExist() {
        guest.x(Asm.A1, 2L << Status.MPP_SHIFT | Status.SPP);
        guest.run(Asm.csri(7, 0, Csr.MSTATUS, 0), Asm.csrrw(0, Csr.MSTATUS, Asm.A1), Asm.csrrs(Asm.A0, Csr.MSTATUS, 0));
        assertEquals(Status.WIDTHS | Status.SPP, guest.x(Asm.A0));
    }
}
