package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.DirtyLog;

/** No store of a hart is missing in the dirty log. */
class DirtyTrackingTest {
    private static final int FIRST = (int) (Guest.DATA - Guest.RAM >>> 12);
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    private BitSet harvest(DirtyLog.Reader reader) {
        var pages = new BitSet();
        reader.harvest(pages);
        return pages;
    }

    @Test
    void aPageIsReportedOnceAndAgainAfterTheNextStore() {
        guest.memory.dirtyLog().onHarvest(guest.hart::forgetMarkedPages);
        guest.x(Asm.A1, Guest.DATA);
        guest.put(Guest.CODE, Asm.sd(0, Asm.A1, 0), Asm.sd(0, Asm.A1, 8));
        guest.put(Guest.CODE + 8, Guest.STOP_CODE);
        try (var reader = guest.memory.dirtyLog().open()) {
            for (int i = 0; i < 3; i++) {
                guest.go(Guest.CODE);
                assertEquals(BitSet.valueOf(new long[] {0, 0, 0, 0, 1}), harvest(reader));
            }
            assertTrue(harvest(reader).isEmpty());
        }
        assertEquals(256, FIRST);
    }

    @Test
    void everyKindOfStoreMarks() {
        guest.memory.dirtyLog().onHarvest(guest.hart::forgetMarkedPages);
        int[][] stores = {{Asm.store(0, Asm.A0, Asm.A1, 0)}, {Asm.store(1, Asm.A0, Asm.A1, 0)},
            {Asm.store(2, Asm.A0, Asm.A1, 0)}, {Asm.sd(Asm.A0, Asm.A1, 0)},
            {Asm.amo(Atomics.ADD, 3, Asm.A2, Asm.A1, Asm.A0)}, {Asm.amo(Atomics.MAX, 2, Asm.A2, Asm.A1, Asm.A0)},
            {Asm.amo(Atomics.LR, 3, Asm.A2, Asm.A1, 0), Asm.amo(Atomics.SC, 3, Asm.A2, Asm.A1, Asm.A0)}};
        for (int[] store : stores) {
            guest.x(Asm.A1, Guest.DATA);
            guest.put(Guest.CODE, store);
            guest.put(Guest.CODE + 4L * store.length, Guest.STOP_CODE);
            try (var reader = guest.memory.dirtyLog().open()) {
                guest.go(Guest.CODE);
                assertTrue(harvest(reader).get(FIRST), Integer.toHexString(store[0]));
            }
        }
        guest.x(Asm.A1, Guest.DATA + 0xffd);
        guest.put(Guest.CODE, Asm.sd(Asm.A0, Asm.A1, 0));
        guest.put(Guest.CODE + 4, Guest.STOP_CODE);
        try (var reader = guest.memory.dirtyLog().open()) {
            guest.go(Guest.CODE);
            assertEquals(2, harvest(reader).get(FIRST, FIRST + 2).cardinality(), "both pages of a store across them");
        }
    }

    @Test
    void accessedBitsMarkTheTable() {
        guest.memory.dirtyLog().onHarvest(guest.hart::forgetMarkedPages);
        long root = Guest.RAM + 0x20_0000;
        guest.memory.putLong(root + 8 * 2, Guest.RAM >>> 12 << 10 | 0x0f);
        guest.set(core -> {
            core.satp = PageTable.SV39 | root >>> 12;
            core.mode = Privilege.SUPERVISOR;
            core.pmp.allowAll();
        });
        try (var reader = guest.memory.dirtyLog().open()) {
            guest.run(Asm.NOP);
            assertTrue(harvest(reader).get((int) (root - Guest.RAM >>> 12)));
        }
        assertEquals(0x4f, guest.memory.getLong(root + 16) & 0xff);
    }

    /** A hart stores into 64 pages while harvests copy what was reported; the copy must be complete. */
    @Test
    void concurrentHarvestsMissNothing() throws InterruptedException {
        int pages = 64;
        int rounds = 20_000;
        var wanted = new AtomicInteger();
        var done = new AtomicBoolean();
        guest.memory.dirtyLog().onHarvest(() -> {
            wanted.incrementAndGet();
            guest.control.requestSafePoint(true);
            while (wanted.get() != 0 && !done.get()) {
                Thread.onSpinWait();
            }
            if (done.get()) {
                guest.hart.forgetMarkedPages();
                wanted.set(0);
            }
        });
        // for (a0 = rounds; a0 != 0; a0--) { address += 0x1048 modulo pages; store a0 }
        guest.put(Guest.CODE,
            Asm.lui(Asm.T0, 1), Asm.add(Asm.A2, Asm.A2, Asm.T0), Asm.r(0x33, 7, 0, Asm.A2, Asm.A2, Asm.A3),
            Asm.add(Asm.T1, Asm.A1, Asm.A2), Asm.sd(Asm.A0, Asm.T1, 0), Asm.addi(Asm.A0, Asm.A0, -1),
            Asm.branch(1, Asm.A0, 0, -24), Asm.jal(0, 0));
        guest.x(Asm.A0, rounds * 50L);
        guest.x(Asm.A1, Guest.DATA);
        guest.x(Asm.A2, 0);
        guest.x(Asm.A3, pages * 4096L - 1);
        guest.set(core -> core.pc = Guest.CODE);
        var processor = Thread.ofPlatform().start(() -> {
            while (guest.x(Asm.A0) != 0) {
                guest.control.requestSafePoint(false);
                if (wanted.get() == 0) {
                    guest.hart.step();
                }
                if (wanted.get() != 0) {
                    guest.hart.forgetMarkedPages();
                    wanted.set(0);
                }
            }
            done.set(true);
        });
        long[] copy = new long[pages];
        int harvests = 0;
        try (var reader = guest.memory.dirtyLog().open()) {
            for (int i = 0; i < pages; i++) {
                copy[i] = guest.memory.getLong(Guest.DATA + 4096L * i);
            }
            boolean last;
            do {
                last = done.get();
                BitSet dirty = harvest(reader);
                harvests++;
                for (int i = 0; i < pages; i++) {
                    if (dirty.get(FIRST + i)) {
                        copy[i] = guest.memory.getLong(Guest.DATA + 4096L * i);
                    }
                }
            } while (!last);
            processor.join();
            for (int i = 0; i < pages; i++) {
                assertEquals(guest.memory.getLong(Guest.DATA + 4096L * i), copy[i], "page " + i);
            }
        }
        assertTrue(harvests > 2, "harvests: " + harvests);
    }
}
