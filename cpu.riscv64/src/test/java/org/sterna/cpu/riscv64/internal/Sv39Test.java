package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Address translation, seen through loads, stores and fetches of a supervisor. */
class Sv39Test {
    private static final int V = 1;
    private static final int R = 2;
    private static final int W = 4;
    private static final int X = 8;
    private static final int U = 16;
    private static final int A = 64;
    private static final int D = 128;
    private static final int ALL = V | R | W | X | A | D;
    private static final long ROOT = Guest.RAM + 0x20_0000;
    private static final long MIDDLE = ROOT + 0x1000;
    private static final long LEAF = ROOT + 0x2000;
    /** A page at 0x4000_0000, in the second GiB of virtual addresses. */
    private static final long PAGE = 0x4000_0000L;
    private final Guest guest = new Guest();

    Sv39Test() {
        entry(ROOT, 0, 0, ALL);
        entry(ROOT, 2, Guest.RAM, ALL);
        entry(ROOT, 1, MIDDLE, V);
        entry(MIDDLE, 0, LEAF, V);
        guest.set(core -> {
            core.satp = PageTable.SV39 | ROOT >>> 12;
            core.mode = Privilege.SUPERVISOR;
            core.pmp.allowAll();
        });
        guest.memory.putLong(Guest.DATA, 0x1234);
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void entry(long table, int index, long physical, long flags) {
        guest.memory.putLong(table + 8 * index, physical >>> 12 << 10 | flags);
    }

    private long flags(long table, int index) {
        return guest.memory.getLong(table + 8 * index) & 0x3ff;
    }

    /** Puts the hart back into S-mode after a trap, and runs. */
    private void run(int mode, int... program) {
        guest.set(core -> {
            core.mode = mode;
            core.mcause = 0;
        });
        guest.run(program);
    }

    private void load(int mode, long address) {
        guest.x(Asm.A1, address);
        run(mode, Asm.ld(Asm.A0, Asm.A1, 0));
    }

    private void store(int mode, long address) {
        guest.x(Asm.A1, address);
        run(mode, Asm.sd(0, Asm.A1, 0));
    }

    private void assertFault(int cause, long address) {
        assertTrue(guest.trapped());
        assertEquals(cause, guest.machine().mcause());
        assertEquals(address, guest.machine().mtval());
    }

    @Test
    void pagesOfAllSizesTranslate() {
        entry(LEAF, 3, Guest.DATA, ALL);
        load(1, PAGE + 0x3000);
        assertEquals(0x1234, guest.x(Asm.A0));
        entry(MIDDLE, 1, Guest.RAM, ALL);
        load(1, PAGE + 0x20_0000 + Guest.DATA - Guest.RAM);
        assertEquals(0x1234, guest.x(Asm.A0));
        entry(ROOT, 511, Guest.RAM, ALL);
        load(1, -0x4000_0000L + Guest.DATA - Guest.RAM);
        assertEquals(0x1234, guest.x(Asm.A0));
        assertFalse(guest.trapped());
    }

    @ParameterizedTest
    @CsvSource({"0", "5", "4", "12", "0x40000000000000cf", "0x80000000000000cf", "0x00400000000000cf"})
    void malformedLeavesFault(String flags) {
        guest.memory.putLong(LEAF, Guest.DATA >>> 12 << 10 | Long.parseUnsignedLong(flags.replace("0x", ""),
            flags.startsWith("0x") ? 16 : 10));
        load(1, PAGE);
        assertFault(Trap.LOAD_PAGE, PAGE);
        store(1, PAGE + 8);
        assertFault(Trap.STORE_PAGE, PAGE + 8);
    }

    @ParameterizedTest
    @ValueSource(ints = {V | A, V | D, V | U})
    void pointersWithLeafBitsFault(int flags) {
        entry(LEAF, 0, Guest.DATA, ALL);
        entry(MIDDLE, 0, LEAF, flags);
        load(1, PAGE);
        assertFault(Trap.LOAD_PAGE, PAGE);
    }

    @Test
    void aPointerInTheLastTableFaults() {
        entry(LEAF, 0, Guest.DATA, V);
        load(1, PAGE);
        assertFault(Trap.LOAD_PAGE, PAGE);
    }

    @Test
    void misalignedSuperpagesFault() {
        entry(MIDDLE, 1, Guest.RAM + 0x1000, ALL);
        load(1, PAGE + 0x20_0000);
        assertFault(Trap.LOAD_PAGE, PAGE + 0x20_0000);
        entry(ROOT, 3, Guest.RAM + 0x20_0000, ALL);
        load(1, 0xc000_0000L);
        assertFault(Trap.LOAD_PAGE, 0xc000_0000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 38, -1L << 40, 1L << 63, 1L << 39 | 0x8000_0000L})
    void addressesMustBeCanonical(long address) {
        load(1, address);
        assertFault(Trap.LOAD_PAGE, address);
    }

    @Test
    void tablesOutsideMemoryAreAccessFaults() {
        entry(ROOT, 1, 0x1000, V);
        load(1, PAGE);
        assertFault(Trap.LOAD_ACCESS, PAGE);
        store(1, PAGE);
        assertFault(Trap.STORE_ACCESS, PAGE);
    }

    @Test
    void rightsAreChecked() {
        entry(LEAF, 0, Guest.DATA, V | R | A | D);
        store(1, PAGE);
        assertFault(Trap.STORE_PAGE, PAGE);
        guest.x(Asm.A1, PAGE);
        run(1, Asm.jalr(0, Asm.A1, 0));
        assertFault(Trap.FETCH_PAGE, PAGE);
        assertEquals(PAGE, guest.machine().mepc());
        entry(LEAF, 0, Guest.DATA, V | X | A);
        load(1, PAGE);
        assertFault(Trap.LOAD_PAGE, PAGE);
        guest.set(core -> core.mstatus |= Status.MXR);
        load(1, PAGE);
        assertEquals(0x1234, guest.x(Asm.A0));
    }

    @Test
    void userPagesAndSupervisorPagesAreApart() {
        entry(LEAF, 0, Guest.DATA, ALL | U);
        load(1, PAGE);
        assertFault(Trap.LOAD_PAGE, PAGE);
        guest.set(core -> core.mstatus |= Status.SUM);
        load(1, PAGE);
        assertFalse(guest.trapped());
        guest.x(Asm.A1, PAGE);
        run(1, Asm.jalr(0, Asm.A1, 0));
        assertFault(Trap.FETCH_PAGE, PAGE);
        // The program itself lies in a supervisor's page.
        run(0, Asm.NOP);
        assertFault(Trap.FETCH_PAGE, Guest.CODE);
    }

    @Test
    void sumIsFollowedWhenItIsSwitched() {
        entry(LEAF, 0, Guest.DATA, ALL | U);
        guest.x(Asm.A1, PAGE);
        guest.x(Asm.A2, Status.SUM);
        run(1, Asm.csrrs(0, Csr.SSTATUS, Asm.A2), Asm.ld(Asm.A0, Asm.A1, 0), Asm.csrrc(0, Csr.SSTATUS, Asm.A2),
            Asm.ld(Asm.A3, Asm.A1, 0));
        assertFault(Trap.LOAD_PAGE, PAGE);
        assertEquals(Guest.CODE + 12, guest.machine().mepc());
        assertEquals(0x1234, guest.x(Asm.A0));
    }

    @Test
    void machineModeBorrowsRightsWithMprv() {
        entry(LEAF, 0, Guest.DATA, ALL);
        load(3, PAGE);
        assertFault(Trap.LOAD_ACCESS, PAGE);
        guest.set(core -> core.mstatus = core.mstatus & ~Status.MPP | Status.MPRV | 1L << Status.MPP_SHIFT);
        load(3, PAGE);
        assertEquals(0x1234, guest.x(Asm.A0));
        guest.set(core -> core.mstatus = core.mstatus & ~Status.MPP | Status.MPRV);
        load(3, PAGE);
        assertFault(Trap.LOAD_PAGE, PAGE);
    }

    @Test
    void accessedAndDirtyAreSet() {
        entry(LEAF, 0, Guest.DATA, V | R | W);
        load(1, PAGE);
        assertEquals(V | R | W | A, flags(LEAF, 0));
        store(1, PAGE);
        assertEquals(V | R | W | A | D, flags(LEAF, 0));
    }

    @Test
    void aStoreAfterALoadStillSetsDirty() {
        entry(LEAF, 0, Guest.DATA, V | R | W);
        guest.x(Asm.A1, PAGE);
        run(1, Asm.ld(Asm.A0, Asm.A1, 0), Asm.sd(Asm.A0, Asm.A1, 8));
        assertEquals(D | A, flags(LEAF, 0) & (A | D));
    }

    @Test
    void refusedAccessesSetNothing() {
        entry(LEAF, 0, Guest.DATA, V | R);
        store(1, PAGE);
        assertEquals(V | R, flags(LEAF, 0));
    }

    @Test
    void translationsAreRememberedUntilTheFence() {
        entry(LEAF, 0, Guest.DATA, ALL);
        guest.memory.putLong(Guest.DATA + 0x1000, 0x5678);
        long changed = Guest.DATA + 0x1000 >>> 12 << 10 | ALL;
        guest.x(Asm.A1, PAGE);
        guest.x(Asm.A2, LEAF);
        guest.x(Asm.A3, changed);
        run(1, Asm.ld(Asm.A0, Asm.A1, 0), Asm.sd(Asm.A3, Asm.A2, 0), Asm.sfence(Asm.A1), Asm.ld(Asm.A4, Asm.A1, 0));
        assertEquals(0x1234, guest.x(Asm.A0));
        assertEquals(0x5678, guest.x(Asm.A4));
    }

    @Test
    void aFenceOfOneAddressReachesItsWholeSuperpage() {
        entry(MIDDLE, 1, Guest.RAM, ALL);
        entry(ROOT, 2, Guest.RAM, ALL);
        guest.memory.putLong(Guest.DATA + 0x20_0000, 0x5678);
        guest.x(Asm.A1, PAGE + 0x20_0000 + Guest.DATA - Guest.RAM);
        guest.x(Asm.A2, MIDDLE + 8);
        guest.x(Asm.A3, Guest.RAM + 0x20_0000 >>> 12 << 10 | ALL);
        guest.x(Asm.T0, PAGE + 0x20_0000);
        run(1, Asm.ld(Asm.A0, Asm.A1, 0), Asm.sd(Asm.A3, Asm.A2, 0), Asm.sfence(Asm.T0), Asm.ld(Asm.A4, Asm.A1, 0));
        assertEquals(0x1234, guest.x(Asm.A0));
        assertEquals(0x5678, guest.x(Asm.A4));
    }

    @Test
    void accessesAcrossPagesUseBothTranslations() {
        entry(LEAF, 0, Guest.DATA, ALL);
        entry(LEAF, 1, Guest.DATA + 0x5000, ALL);
        guest.x(Asm.A1, PAGE + 0xffc);
        guest.x(Asm.A2, 0x1122334455667788L);
        run(1, Asm.sd(Asm.A2, Asm.A1, 0), Asm.ld(Asm.A0, Asm.A1, 0));
        assertEquals(0x55667788, guest.memory.getInt(Guest.DATA + 0xffc));
        assertEquals(0x11223344, guest.memory.getInt(Guest.DATA + 0x5000));
        assertEquals(0x1122334455667788L, guest.x(Asm.A0));
        entry(LEAF, 1, 0, 0);
        load(1, PAGE + 0xffc);
        assertFault(Trap.LOAD_PAGE, PAGE + 0x1000);
    }

    @Test
    void anInstructionAcrossPagesFaultsInItsSecondPage() {
        entry(LEAF, 0, Guest.DATA, ALL);
        guest.put(Guest.DATA + 0xffc, Asm.NOP << 16 | 1);
        guest.x(Asm.A1, PAGE + 0xffc);
        run(1, Asm.jalr(0, Asm.A1, 0));
        assertFault(Trap.FETCH_PAGE, PAGE + 0x1000);
        assertEquals(PAGE + 0xffe, guest.machine().mepc());
    }

    @Test
    void onePageOfCodeServesSeveralMappings() {
        entry(LEAF, 0, Guest.DATA, ALL);
        entry(LEAF, 1, Guest.DATA, ALL);
        guest.put(Guest.DATA, Asm.auipc(Asm.A0, 0), Asm.jalr(0, Asm.RA, 0));
        guest.x(Asm.A1, PAGE);
        guest.x(Asm.A2, PAGE + 0x1000);
        run(1, Asm.jalr(Asm.RA, Asm.A1, 0), Asm.addi(Asm.A3, Asm.A0, 0), Asm.jalr(Asm.RA, Asm.A2, 0));
        assertEquals(PAGE, guest.x(Asm.A3));
        assertEquals(PAGE + 0x1000, guest.x(Asm.A0));
    }

    @Test
    void unknownModesAreRefusedAndAsidsKept() {
        guest.set(core -> core.satp = 0);
        guest.x(Asm.A1, 9L << 60 | 1);
        guest.x(Asm.A2, PageTable.SV39 | 0x1234L << 44 | ROOT >>> 12);
        run(1, Asm.csrrw(0, Csr.SATP, Asm.A1), Asm.csrrs(Asm.A0, Csr.SATP, 0), Asm.csrrw(0, Csr.SATP, Asm.A2),
            Asm.csrrs(Asm.A3, Csr.SATP, 0));
        assertEquals(0, guest.x(Asm.A0));
        assertEquals(guest.x(Asm.A2), guest.x(Asm.A3));
    }
}
