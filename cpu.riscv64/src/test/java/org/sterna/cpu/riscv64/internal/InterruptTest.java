package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Interrupts: inputs, enables, priorities, delegation, vectors, WFI. */
class InterruptTest {
    private static final long INTERRUPT = 1L << 63;
    private static final int SPIN = Asm.jal(0, 0);
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    private void enableAll() {
        guest.set(core -> {
            core.mie = Interrupts.ALL;
            core.mstatus |= Status.MIE;
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 7, 9, 11})
    void anyInputInterrupts(int input) {
        enableAll();
        guest.hart.interrupt(input, true);
        guest.run(SPIN);
        assertEquals(INTERRUPT | input, guest.machine().mcause());
        assertEquals(Guest.CODE, guest.machine().mepc());
        assertEquals(0, guest.machine().mtval());
        assertEquals(Status.MPIE, guest.machine().mstatus() & (Status.MIE | Status.MPIE));
    }

    @Test
    void disabledOnesWait() {
        guest.hart.interrupt(7, true);
        guest.set(core -> core.mstatus |= Status.MIE);
        guest.run(Asm.addi(Asm.A0, 0, 1));
        assertFalse(guest.trapped());
        guest.x(Asm.A1, 1 << 7);
        guest.run(Asm.addi(Asm.A0, 0, 2), Asm.csrrs(0, Csr.MIE, Asm.A1), Asm.addi(Asm.A0, 0, 3));
        assertEquals(INTERRUPT | 7, guest.machine().mcause());
        assertEquals(Guest.CODE + 8, guest.machine().mepc());
        assertEquals(2, guest.x(Asm.A0));
    }

    @Test
    void theMostImportantComesFirst() {
        for (int input : List.of(11, 3, 7, 9, 1, 5)) {
            guest.set(core -> core.mie = Interrupts.ALL);
            for (int i = 1; i < 12; i += 2) {
                guest.hart.interrupt(i, true);
            }
            for (int higher : List.of(11, 3, 7, 9, 1, 5)) {
                if (higher == input) {
                    break;
                }
                guest.hart.interrupt(higher, false);
            }
            enableAll();
            guest.run(SPIN);
            assertEquals(INTERRUPT | input, guest.machine().mcause());
        }
    }

    @ParameterizedTest
    @CsvSource({"0, true", "0, false", "1, true", "1, false", "3, true"})
    void delegatedOnesGoToTheSupervisor(int mode, boolean enabled) {
        guest.set(core -> {
            core.mideleg = Interrupts.WRITABLE;
            core.mie = Interrupts.ALL;
            core.stvec = Guest.HANDLER;
            core.mode = mode;
            core.mstatus |= enabled ? Status.SIE : 0;
            core.pmp.allowAll();
        });
        guest.hart.interrupt(5, true);
        guest.run(Asm.NOP);
        boolean taken = mode == Privilege.USER || mode == Privilege.SUPERVISOR && enabled;
        assertEquals(taken ? INTERRUPT | 5 : 0, guest.supervisor().scause());
        assertEquals(taken, guest.trapped());
    }

    @Test
    void vectorsFanOut() {
        guest.put(Guest.HANDLER + 4 * 7, Asm.addi(Asm.A0, 0, 42));
        guest.put(Guest.HANDLER + 4 * 8, Guest.STOP_CODE);
        enableAll();
        guest.set(core -> core.mtvec = Guest.HANDLER | 1);
        guest.hart.interrupt(7, true);
        guest.run(SPIN);
        assertEquals(42, guest.x(Asm.A0));
        guest.hart.interrupt(7, false);
        guest.run(Asm.EBREAK);
        assertEquals(Guest.HANDLER + 8, guest.hart.programCounter(), "exceptions do not fan out");
    }

    @Test
    void externalLevelIsNotMixedIntoTheSoftwareBit() {
        guest.hart.interrupt(9, true);
        guest.x(Asm.A1, 1 << 1);
        guest.run(Asm.csrrs(Asm.A0, Csr.MIP, Asm.A1), Asm.csrrs(Asm.A2, Csr.MIP, 0));
        assertEquals(1 << 9, guest.x(Asm.A0));
        assertEquals(1 << 9 | 1 << 1, guest.x(Asm.A2));
        guest.hart.interrupt(9, false);
        guest.run(Asm.csrrs(Asm.A2, Csr.MIP, 0));
        assertEquals(1 << 1, guest.x(Asm.A2));
    }

    @Test
    void theSupervisorClearsItsSoftwareInterruptByItself() {
        guest.set(core -> core.mideleg = Interrupts.WRITABLE);
        guest.hart.interrupt(1, true);
        guest.run(Asm.csri(7, Asm.A0, Csr.SIP, 2), Asm.csrrs(Asm.A1, Csr.SIP, 0));
        assertEquals(2, guest.x(Asm.A0));
        assertEquals(0, guest.x(Asm.A1));
    }

    @Test
    void onlyWhatIsDelegatedShowsInSip() {
        guest.hart.interrupt(5, true);
        guest.hart.interrupt(7, true);
        guest.x(Asm.A1, -1);
        guest.run(Asm.csrrs(Asm.A0, Csr.SIP, 0), Asm.csrrw(0, Csr.MIDELEG, Asm.A1), Asm.csrrs(Asm.A2, Csr.SIP, 0),
            Asm.csrrs(Asm.A3, Csr.MIDELEG, 0));
        assertEquals(0, guest.x(Asm.A0));
        assertEquals(1 << 5, guest.x(Asm.A2));
        assertEquals(0x222, guest.x(Asm.A3));
    }

    @Test
    void waitingEndsWithAnInterruptEvenIfItIsNotTaken() throws InterruptedException {
        guest.set(core -> core.mie = 1 << 7);
        var thread = Thread.ofPlatform().start(() -> guest.run(Asm.WFI, Asm.addi(Asm.A0, 0, 1)));
        guest.hart.interrupt(11, true);
        guest.hart.interrupt(7, true);
        thread.join();
        assertEquals(1, guest.x(Asm.A0));
        assertFalse(guest.trapped());
    }

    @Test
    void waitingEndsWithASafePoint() throws InterruptedException {
        var thread = Thread.ofPlatform().start(() -> guest.run(Asm.WFI));
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        guest.control.requestSafePoint(true);
        thread.join();
        assertEquals(Guest.CODE + 4, guest.hart.programCounter());
    }

    @Test
    void aRunningLoopIsInterrupted() throws InterruptedException {
        enableAll();
        var thread = Thread.ofPlatform().start(() -> guest.run(SPIN));
        guest.hart.interrupt(11, true);
        thread.join();
        assertEquals(INTERRUPT | 11, guest.machine().mcause());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4, 12, 32, 33, -1, -31})
    void otherInputsDoNotExist(int input) {
        assertThrows(IllegalArgumentException.class, () -> guest.hart.interrupt(input, true));
    }
}
