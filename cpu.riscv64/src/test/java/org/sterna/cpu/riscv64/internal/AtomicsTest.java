package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/** The A extension, alone and with several harts at once. */
class AtomicsTest {
    private static long expected(int operation, long old, long operand) {
        return switch (operation) {
            case Atomics.SWAP -> operand;
            case Atomics.ADD -> old + operand;
            case Atomics.XOR -> old ^ operand;
            case Atomics.OR -> old | operand;
            case Atomics.AND -> old & operand;
            case Atomics.MIN -> old < operand ? old : operand;
            case Atomics.MAX -> old > operand ? old : operand;
            case Atomics.MINU -> old + Long.MIN_VALUE < operand + Long.MIN_VALUE ? old : operand;
            case Atomics.MAXU -> old + Long.MIN_VALUE > operand + Long.MIN_VALUE ? old : operand;
            default -> throw new AssertionError();
        };
    }

    @Provide
    Arbitrary<Integer> operations() {
        return Arbitraries.of(Atomics.SWAP, Atomics.ADD, Atomics.XOR, Atomics.OR, Atomics.AND, Atomics.MIN, Atomics.MAX,
            Atomics.MINU, Atomics.MAXU);
    }

    @Property(tries = 500)
    void modifyMemory(@ForAll("operations") int operation, @ForAll long old, @ForAll long operand) {
        try (var guest = new Guest()) {
            guest.memory.putLong(Guest.DATA, old);
            guest.memory.putLong(Guest.DATA + 8, old);
            guest.x(Asm.A1, Guest.DATA);
            guest.x(Asm.A2, Guest.DATA + 8);
            guest.x(Asm.A3, operand);
            guest.run(Asm.amo(operation, 3, Asm.A0, Asm.A1, Asm.A3), Asm.amo(operation, 2, Asm.A4, Asm.A2, Asm.A3));
            assertEquals(old, guest.x(Asm.A0));
            assertEquals(expected(operation, old, operand), guest.memory.getLong(Guest.DATA));
            assertEquals((int) old, guest.x(Asm.A4));
            assertEquals((int) expected(operation, (int) old, (int) operand), guest.memory.getInt(Guest.DATA + 8));
            assertEquals((int) (old >> 32), guest.memory.getInt(Guest.DATA + 12));
        }
    }

    @Test
    void storeConditionalNeedsItsReservation() {
        try (var guest = new Guest()) {
            guest.memory.putLong(Guest.DATA, 0x1_8000_0000L);
            guest.x(Asm.A1, Guest.DATA);
            guest.x(Asm.A2, Guest.DATA + 8);
            guest.x(Asm.A3, 5);
            guest.run(Asm.amo(Atomics.LR, 2, Asm.A0, Asm.A1, 0), Asm.amo(Atomics.SC, 2, Asm.A4, Asm.A1, Asm.A3),
                Asm.amo(Atomics.SC, 2, Asm.T0, Asm.A1, Asm.A3), Asm.amo(Atomics.LR, 3, Asm.T1, Asm.A1, 0),
                Asm.amo(Atomics.SC, 3, Asm.T2, Asm.A2, Asm.A3));
            assertEquals(Integer.MIN_VALUE, guest.x(Asm.A0));
            assertEquals(0, guest.x(Asm.A4));
            assertEquals(1, guest.x(Asm.T0));
            assertEquals(0x1_0000_0005L, guest.x(Asm.T1));
            assertEquals(1, guest.x(Asm.T2));
            assertEquals(0, guest.memory.getLong(Guest.DATA + 8));
        }
    }

    @Test
    void anotherStoreBreaksTheReservation() {
        try (var guest = new Guest()) {
            guest.x(Asm.A1, Guest.DATA);
            guest.x(Asm.A3, 5);
            guest.run(Asm.amo(Atomics.LR, 3, Asm.A0, Asm.A1, 0), Asm.sd(Asm.A3, Asm.A1, 0),
                Asm.amo(Atomics.SC, 3, Asm.A4, Asm.A1, 0));
            assertEquals(1, guest.x(Asm.A4));
            assertEquals(5, guest.memory.getLong(Guest.DATA));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Atomics.LR, Atomics.SC, Atomics.ADD, Atomics.MAXU})
    void misalignedOnesAndMmioTrap(int operation) {
        try (var guest = new Guest()) {
            boolean load = operation == Atomics.LR;
            guest.x(Asm.A1, Guest.DATA + 4);
            guest.run(Asm.amo(operation, 3, Asm.A0, Asm.A1, 0));
            assertEquals(load ? Trap.LOAD_MISALIGNED : Trap.STORE_MISALIGNED, guest.machine().mcause());
            assertEquals(Guest.DATA + 4, guest.machine().mtval());
            guest.x(Asm.A1, Guest.STOP);
            guest.run(Asm.amo(operation, 2, Asm.A0, Asm.A1, 0));
            assertEquals(load ? Trap.LOAD_ACCESS : Trap.STORE_ACCESS, guest.machine().mcause());
        }
    }

    /** Runs a loop that counts down A0 on several harts; returns the sum that they leave at DATA. */
    private static long together(int times, int... body) throws InterruptedException {
        try (var memory = new GuestMemory(Guest.RAM, 4 << 20)) {
            int[] code = Arrays.copyOf(body, body.length + 3);
            code[body.length] = Asm.addi(Asm.A0, Asm.A0, -1);
            code[body.length + 1] = Asm.branch(1, Asm.A0, 0, -4 * (body.length + 1));
            code[body.length + 2] = Asm.ECALL;
            for (int i = 0; i < code.length; i++) {
                memory.putInt(Guest.CODE + 4L * i, code[i]);
            }
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                var clock = new GuestClock(() -> 0, Clock.systemUTC());
                var hart = new Hart(new HartContext(i, memory, new MmioBus(), clock, 10_000_000,
                    new ProcessorControl(), caller -> caller.halt()));
                hart.boot(Guest.CODE, times, Guest.DATA);
                threads.add(Thread.ofPlatform().start(hart::run));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            return memory.getLong(Guest.DATA);
        }
    }

    @Test
    void addsOfSeveralHartsAllCount() throws InterruptedException {
        assertEquals(300_000, together(100_000, Asm.addi(Asm.A2, 0, 1),
            Asm.amo(Atomics.ADD, 3, 0, Asm.A1, Asm.A2)));
    }

    @Test
    void reservationsOfSeveralHartsAllCount() throws InterruptedException {
        assertEquals(300_000, together(100_000, Asm.amo(Atomics.LR, 3, Asm.A2, Asm.A1, 0),
            Asm.addi(Asm.A2, Asm.A2, 1), Asm.amo(Atomics.SC, 3, Asm.A3, Asm.A1, Asm.A2),
            Asm.branch(1, Asm.A3, 0, -12)));
    }

    @Test
    void aLockKeepsPlainStoresApart() throws InterruptedException {
        // Take the lock at DATA + 64 by swapping in 1, increment plainly between fences, give it back.
        assertTrue(together(50_000, Asm.addi(Asm.T0, Asm.A1, 64), Asm.addi(Asm.T1, 0, 1),
            Asm.amo(Atomics.SWAP, 2, Asm.T2, Asm.T0, Asm.T1), Asm.branch(1, Asm.T2, 0, -4), Asm.FENCE,
            Asm.ld(Asm.A2, Asm.A1, 0), Asm.addi(Asm.A2, Asm.A2, 1), Asm.sd(Asm.A2, Asm.A1, 0), Asm.FENCE,
            Asm.amo(Atomics.SWAP, 2, 0, Asm.T0, 0)) == 150_000);
    }
}
