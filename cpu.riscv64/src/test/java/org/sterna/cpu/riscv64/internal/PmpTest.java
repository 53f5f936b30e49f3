package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Physical memory protection at its granularity of a page. */
class PmpTest {
    private static final int TOR = 0x08;
    private static final int NAPOT = 0x18;
    private static final int LOCKED = 0x80;
    private final Pmp pmp = new Pmp(16);

    private void entry(int index, int configuration, long address) {
        int shift = 8 * (index & 7);
        int register = index / 8 * 2;
        long others = pmp.readConfiguration(register) & ~(0xffL << shift);
        pmp.writeAddress(index, address >>> 2);
        pmp.writeConfiguration(register, others | (long) configuration << shift);
    }

    private static long napot(long base, long size) {
        return base | size / 2 - 1;
    }

    private boolean user(long address, int access) {
        return pmp.allows(address, access, Privilege.USER);
    }

    @Test
    void withoutAnEntryOnlyTheMachineMayAccess() {
        assertTrue(pmp.allows(0x8000_0000L, Pmp.READ, Privilege.MACHINE));
        assertFalse(pmp.allows(0x8000_0000L, Pmp.READ, Privilege.SUPERVISOR));
        assertFalse(user(0x8000_0000L, Pmp.READ));
    }

    @Test
    void rangesOfAPowerOfTwo() {
        entry(0, NAPOT | Pmp.READ, napot(0x8000_0000L, 0x4000));
        assertTrue(user(0x8000_0000L, Pmp.READ));
        assertTrue(user(0x8000_3fffL, Pmp.READ));
        assertFalse(user(0x8000_4000L, Pmp.READ));
        assertFalse(user(0x7fff_f000L, Pmp.READ));
        assertFalse(user(0x8000_0000L, Pmp.WRITE));
        entry(1, NAPOT | Pmp.READ | Pmp.WRITE, napot(0x9000_0000L, 0x1000));
        assertTrue(user(0x9000_0fffL, Pmp.WRITE));
        assertFalse(user(0x9000_1000L, Pmp.WRITE));
    }

    @Test
    void rangesUpToATop() {
        entry(0, 0, 0x8000_1000L);
        entry(1, TOR | Pmp.EXECUTE, 0x8000_3000L);
        assertFalse(user(0x8000_0fffL, Pmp.EXECUTE));
        assertTrue(user(0x8000_1000L, Pmp.EXECUTE));
        assertTrue(user(0x8000_2fffL, Pmp.EXECUTE));
        assertFalse(user(0x8000_3000L, Pmp.EXECUTE));
    }

    @Test
    void theFirstEntryThatMatchesDecides() {
        entry(0, NAPOT, napot(0x8000_0000L, 0x1000));
        entry(9, NAPOT | Pmp.READ | Pmp.WRITE | Pmp.EXECUTE, -1L >>> 8);
        assertFalse(user(0x8000_0000L, Pmp.READ));
        assertTrue(user(0x8000_1000L, Pmp.WRITE));
    }

    @Test
    void lockedEntriesBindTheMachineAndStay() {
        entry(1, LOCKED | TOR | Pmp.READ, 0x8000_1000L);
        assertFalse(pmp.allows(0x8000_0000L, Pmp.WRITE, Privilege.MACHINE));
        assertTrue(pmp.allows(0x8000_0000L, Pmp.READ, Privilege.MACHINE));
        entry(1, 0, 0);
        pmp.writeAddress(0, -1);
        assertEquals(0, pmp.readAddress(0), "the bottom of a locked range is locked too");
        assertFalse(pmp.allows(0x8000_0000L, Pmp.WRITE, Privilege.MACHINE));
        pmp.reset();
        assertTrue(pmp.allows(0x8000_0000L, Pmp.WRITE, Privilege.MACHINE));
    }

    @Test
    void theGranularityShowsInTheAddresses() {
        pmp.writeAddress(0, -1);
        assertEquals((1L << 54) - 1 - 1023, pmp.readAddress(0));
        pmp.writeConfiguration(0, NAPOT);
        assertEquals((1L << 54) - 1, pmp.readAddress(0));
        pmp.writeAddress(0, 0);
        assertEquals(511, pmp.readAddress(0));
        pmp.writeConfiguration(0, 0x10);
        assertEquals(NAPOT, pmp.readConfiguration(0), "four-byte ranges do not exist");
        pmp.writeConfiguration(0, NAPOT | Pmp.WRITE);
        assertEquals(NAPOT, pmp.readConfiguration(0), "writable but not readable does not exist");
    }

    @Test
    void aHartFollowsItsProtection() {
        try (var guest = new Guest()) {
            // Everything but the page of DATA for S-mode, entered by MRET.
            guest.set(core -> core.mstatus |= 1L << Status.MPP_SHIFT);
            guest.x(Asm.A1, napot(Guest.DATA, 4096) >>> 2);
            guest.x(Asm.A2, -1);
            guest.x(Asm.A3, NAPOT << 8 & 0xff00 | (Pmp.READ | Pmp.WRITE | Pmp.EXECUTE) << 8 | NAPOT);
            guest.x(Asm.A4, Guest.DATA);
            guest.x(Asm.T0, Guest.CODE + 24);
            guest.run(Asm.csrrw(0, Csr.PMPADDR0, Asm.A1), Asm.csrrw(0, Csr.PMPADDR0 + 1, Asm.A2),
                Asm.csrrw(0, Csr.PMPCFG0, Asm.A3), Asm.sd(0, Asm.A4, 0), Asm.csrrw(0, Csr.MEPC, Asm.T0), Asm.MRET,
                Asm.ld(Asm.A0, Asm.A4, 0));
            assertEquals(Trap.LOAD_ACCESS, guest.machine().mcause());
            assertEquals(Guest.DATA, guest.machine().mtval());
            assertEquals(Guest.CODE + 24, guest.machine().mepc());
        }
    }
}
