package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;

/** The state of a hart carries all that there is, and nothing impossible can be restored. */
class HartStateTest {
    private static final StateType<HartState> TYPE = Riscv64.STATE;

    @Test
    void everythingSurvives() throws StateException {
        var random = new Random(1);
        try (var one = new Guest(); var other = new Guest()) {
            one.set(core -> {
                for (int i = 1; i < 32; i++) {
                    core.x[i] = random.nextLong();
                }
                core.pc = random.nextLong() & ~1;
                core.mode = Privilege.USER;
                core.mstatus = Status.WIDTHS | Status.SIE | Status.MPIE | Status.SUM;
                core.medeleg = 0x1ff;
                core.mideleg = 0x222;
                core.mie = 0xaaa;
                core.mtvec = random.nextLong() & ~2;
                core.mcounteren = 5;
                core.menvcfg = 1;
                core.mscratch = random.nextLong();
                core.mepc = random.nextLong() & ~1;
                core.mcause = random.nextLong();
                core.mtval = random.nextLong();
                core.stvec = random.nextLong() & ~2;
                core.scounteren = 3;
                core.senvcfg = 1;
                core.sscratch = random.nextLong();
                core.sepc = random.nextLong() & ~1;
                core.scause = random.nextLong();
                core.stval = random.nextLong();
                core.satp = PageTable.SV39 | 77;
                core.reserved = true;
                core.reservedAddress = Guest.DATA;
                core.reservedValue = -5;
                core.interrupts.write(Interrupts.WRITABLE, 0x202);
                core.cycleOffset = 1000;
                core.instretOffset = -1000;
                core.pmp.writeConfiguration(0, 0x1f_0f_98L);
                core.pmp.writeAddress(1, 0x1234_5678L);
            });
            HartState state = one.hart.state();
            other.hart.restore(TYPE.fromTree(TYPE.toTree(state)));
            assertEquals(state, other.hart.state());
        }
    }

    @Test
    void aProgramGoesOnElsewhere() throws StateException {
        // A linear congruential generator, interrupted at every jump, alternately on two harts.
        try (var one = new Guest(); var other = new Guest(); var reference = new Guest()) {
            int[] program = {Asm.r(0x33, 0, 1, Asm.A1, Asm.A1, Asm.A2), Asm.addi(Asm.A1, Asm.A1, 1013),
                Asm.csrrs(Asm.A3, Csr.MINSTRET, 0), Asm.add(Asm.A4, Asm.A4, Asm.A3), Asm.addi(Asm.A0, Asm.A0, -1),
                Asm.branch(1, Asm.A0, 0, -20), Asm.jal(0, 0)};
            for (Guest guest : new Guest[] {one, other, reference}) {
                guest.put(Guest.CODE, program);
                guest.hart.boot(Guest.CODE, 100, 1, 6364136223846793005L);
                guest.control.requestSafePoint(true);
            }
            while (reference.x(Asm.A0) != 0) {
                reference.hart.step();
            }
            Guest current = one;
            Guest next = other;
            while (current.x(Asm.A0) != 0) {
                current.hart.step();
                next.hart.restore(TYPE.fromTree(TYPE.toTree(current.hart.state())));
                Guest swap = current;
                current = next;
                next = swap;
            }
            assertEquals(reference.hart.state(), current.hart.state());
            assertNotEquals(0, current.x(Asm.A4));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 3, pc", "3, 2, mode", "3, 4, mode", "8, 1, software", "9.1, 0, mstatus", "9.2, 1024, medeleg",
        "9.3, 8, mideleg", "9.4, 1, mie", "9.5, 2, mtvec", "9.6, 8, mcounteren", "9.7, 2, menvcfg", "9.9, 1, mepc",
        "10.1, 2, stvec", "10.2, 8, scounteren", "10.3, 2, senvcfg", "10.5, 1, sepc",
        "10.8, 0x1000000000000000, satp"})
    void impossibleValuesAreNamed(String path, String value, String field) {
        try (var guest = new Guest()) {
            Map<Long, Object> tree = new HashMap<>(TYPE.toTree(guest.hart.state()));
            String[] ids = path.split("\\.");
            Map<Long, Object> inner = tree;
            if (ids.length == 2) {
                inner = new HashMap<>();
                for (var entry : ((Map<?, ?>) tree.get(Long.valueOf(ids[0]))).entrySet()) {
                    inner.put((Long) entry.getKey(), entry.getValue());
                }
                tree.put(Long.valueOf(ids[0]), inner);
            }
            inner.put(Long.valueOf(ids[ids.length - 1]), Long.decode(value));
            var refused = assertThrows(StateException.class, () -> TYPE.fromTree(tree));
            assertTrue(refused.getMessage().contains(field + ":"), refused.getMessage());
        }
    }

    @Test
    void machineModeIsRefusedWhereThereIsNone() {
        try (var machine = new Guest(); var supervisor = new Guest(caller -> caller.halt())) {
            HartState state = machine.hart.state();
            var refused = assertThrows(IllegalArgumentException.class, () -> supervisor.hart.restore(state));
            assertTrue(refused.getMessage().startsWith("mode"), refused.getMessage());
        }
    }

    @Test
    void resetForgetsEverything() {
        try (var guest = new Guest(); var fresh = new Guest()) {
            guest.run(Asm.addi(Asm.A0, 0, 5), Asm.EBREAK);
            guest.hart.interrupt(1, true);
            guest.hart.reset();
            fresh.hart.reset();
            assertEquals(fresh.hart.state(), guest.hart.state());
            assertTrue(guest.hart.halted());
            guest.hart.run();
            assertEquals(0, guest.hart.programCounter());
        }
    }
}
