package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exceptions: what causes them, where they go, and how to return from them. */
class TrapTest {
    private static final long SUPERVISOR_HANDLER = Guest.RAM + 0x9000;
    private final Guest guest = new Guest();

    TrapTest() {
        guest.put(SUPERVISOR_HANDLER, Guest.STOP_CODE);
        // Lower modes may use memory, but STOP is reached in any case.
        guest.set(core -> {
            core.stvec = SUPERVISOR_HANDLER;
            core.pmp.allowAll();
        });
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void runIn(int mode, int... program) {
        guest.set(core -> core.mode = mode);
        guest.run(program);
    }

    @ParameterizedTest
    @CsvSource({"0, 8", "1, 9", "3, 11"})
    void callsTrapByMode(int mode, long cause) {
        runIn(mode, Asm.NOP, Asm.ECALL);
        assertEquals(cause, guest.machine().mcause());
        assertEquals(Guest.CODE + 4, guest.machine().mepc());
        assertEquals(mode, guest.machine().mstatus() >> 11 & 3);
        assertEquals(Privilege.MACHINE, guest.hart.state().mode());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 0x0000_0000, 0xffff_ffff, 0x0000_707f, 0x0400_1013, 0x0200_101b, 0x4000_1033,
        0x0000_2067, 0x0000_2063, 0x0000_7003, 0x0000_4023, 0x0000_002f, 0x1010_202f, 0x0000_4073, 0x0000_3007,
        0x0000_0053,
        0x0420_0033, 0x0000_203b})
    void whatIsNoInstructionIsIllegal(int raw) {
        guest.run(raw);
        assertTrue(guest.trapped());
        assertEquals(Trap.ILLEGAL, guest.machine().mcause());
        long bits = (raw & 3) == 3 ? raw & 0xffffffffL : raw & 0xffff;
        assertEquals(bits, guest.machine().mtval());
        assertEquals(Guest.CODE, guest.machine().mepc());
    }

    @Test
    void breakpointsSayWhere() {
        guest.run(Asm.EBREAK);
        assertEquals(Trap.BREAKPOINT, guest.machine().mcause());
        assertEquals(Guest.CODE, guest.machine().mtval());
    }

    @ParameterizedTest
    @CsvSource({"0, 0x30200073", "1, 0x30200073", "0, 0x10200073", "0, 0x10500073", "0, 0x12000073", "1, 0x30002573",
        "0, 0x10002573", "0, 0xc0002573", "3, 0xf1401073", "3, 0x7c002573", "1, 0x34002573"})
    void privilegedInstructionsNeedTheirMode(int mode, String raw) {
        runIn(mode, (int) Long.decode(raw).longValue());
        assertEquals(Trap.ILLEGAL, guest.machine().mcause());
        assertEquals(Long.decode(raw), guest.machine().mtval());
    }

    @ParameterizedTest
    @CsvSource({"0x100000, 0x12000073", "0x100000, 0x18002573", "0x200000, 0x10500073", "0x400000, 0x10200073"})
    void virtualMachineTrapsOfStatus(String bit, String raw) {
        guest.set(core -> core.mstatus |= Long.decode(bit));
        runIn(Privilege.SUPERVISOR, (int) Long.decode(raw).longValue());
        assertEquals(Trap.ILLEGAL, guest.machine().mcause());
        guest.set(core -> {
            core.mstatus &= ~Long.decode(bit);
            core.sepc = SUPERVISOR_HANDLER;
            core.mcause = 0;
            core.mie = 2;
            core.mideleg = 2;
        });
        guest.hart.interrupt(1, true);
        runIn(Privilege.SUPERVISOR, (int) Long.decode(raw).longValue());
        assertEquals(0, guest.machine().mcause() & 0xff, "without the bit it is executed");
    }

    @ParameterizedTest
    @ValueSource(ints = {Trap.ILLEGAL, Trap.BREAKPOINT, Trap.CALL})
    void delegatedExceptionsGoToTheSupervisor(int cause) {
        int instruction = cause == Trap.ILLEGAL ? -1 : cause == Trap.BREAKPOINT ? Asm.EBREAK : Asm.ECALL;
        guest.set(core -> {
            core.medeleg = 1L << cause;
            core.mstatus |= Status.SIE;
        });
        runIn(Privilege.USER, instruction);
        assertEquals(cause, guest.supervisor().scause());
        assertEquals(Guest.CODE, guest.supervisor().sepc());
        assertEquals(Privilege.SUPERVISOR, guest.hart.state().mode());
        long status = guest.machine().mstatus();
        assertEquals(0, status & (Status.SPP | Status.SIE));
        assertEquals(Status.SPIE, status & Status.SPIE);
        assertEquals(0, guest.machine().mcause());
    }

    @Test
    void theMachineDelegatesNothingOfItsOwn() {
        guest.set(core -> core.medeleg = 1L << Trap.BREAKPOINT);
        guest.run(Asm.EBREAK);
        assertEquals(Trap.BREAKPOINT, guest.machine().mcause());
        assertEquals(0, guest.supervisor().scause());
    }

    @Test
    void machineReturnsRestoreMode() {
        guest.set(core -> {
            core.mepc = SUPERVISOR_HANDLER;
            core.mstatus = Status.WIDTHS | Status.MPIE | Status.MPRV | 1L << Status.MPP_SHIFT;
        });
        guest.run(Asm.MRET);
        assertEquals(Privilege.SUPERVISOR, guest.hart.state().mode());
        assertEquals(SUPERVISOR_HANDLER + 8, guest.hart.programCounter());
        assertEquals(Status.WIDTHS | Status.MIE | Status.MPIE, guest.machine().mstatus());
    }

    @Test
    void supervisorReturnsRestoreMode() {
        guest.set(core -> {
            core.sepc = SUPERVISOR_HANDLER;
            core.mstatus = Status.WIDTHS | Status.SPIE | Status.MPRV;
        });
        runIn(Privilege.SUPERVISOR, Asm.SRET);
        assertEquals(Privilege.USER, guest.hart.state().mode());
        assertEquals(Status.WIDTHS | Status.SIE | Status.SPIE, guest.machine().mstatus());
    }

    @Test
    void withAnEnvironmentCallsGoThereAndTheHartCarriesOn() {
        long[] seen = new long[2];
        try (var served = new Guest(caller -> {
            seen[0] = caller.register(Asm.A0);
            seen[1] = caller.programCounter();
            caller.setRegister(Asm.A0, 99);
        })) {
            served.set(core -> core.stvec = Guest.HANDLER);
            assertEquals(Privilege.SUPERVISOR, served.hart.state().mode());
            served.run(Asm.addi(Asm.A0, 0, 7), Asm.ECALL, Asm.addi(Asm.A1, Asm.A0, 1));
            assertFalse(served.trapped());
            assertEquals(7, seen[0]);
            assertEquals(Guest.CODE + 8, seen[1]);
            assertEquals(100, served.x(Asm.A1));
            served.run(Asm.EBREAK);
            assertTrue(served.trapped());
            assertEquals(Trap.BREAKPOINT, served.supervisor().scause());
        }
    }

    @Test
    void environmentsMayHaltAndBoot() {
        try (var served = new Guest(caller -> caller.halt())) {
            served.run(Asm.ECALL);
            assertTrue(served.hart.halted());
            served.put(Guest.DATA, Guest.STOP_CODE);
            served.hart.boot(Guest.DATA, 1, 2);
            assertEquals(1, served.x(Asm.A0));
            assertEquals(2, served.x(Asm.A1));
            served.control.requestSafePoint(false);
            served.hart.run();
            assertEquals(Guest.DATA + 8, served.hart.programCounter());
        }
    }

    @Test
    void aTrapVectorThatTrapsSpinsWithoutHarm() {
        guest.set(core -> {
            core.mtvec = 0x1000;
            core.pc = 0x1000;
        });
        guest.control.requestSafePoint(true);
        for (int i = 0; i < 100; i++) {
            guest.hart.step();
            assertEquals(0x1000, guest.hart.programCounter());
        }
        assertEquals(Trap.FETCH_ACCESS, guest.machine().mcause());
    }
}
