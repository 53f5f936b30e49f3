package org.sterna.machine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What a machine may hold on the host because of its guest, and how its devices and processors share that. */
class HostMemoryBudgetTest {
    private static final long MIB = 1 << 20;
    private long share = Long.MAX_VALUE;

    private HostMemoryBudget budget(int processors) {
        return new HostMemoryBudget(processors, () -> share);
    }

    @Test
    void theDefaultGrowsWithTheProcessors() {
        assertEquals(128 * MIB, budget(1).limit());
        assertEquals(320 * MIB, budget(4).limit());
    }

    @Test
    void aQuarterIsForTheDevicesThatAskAndTheRestForTheProcessors() {
        var budget = budget(4);
        budget.limit(64 * MIB);
        assertEquals(12 * MIB, budget.processor(0).limit());
        assertEquals(16 * MIB, budget.device("/virtio-blk@0").limit());
        budget.device("/virtio-blk@1");
        assertEquals(8 * MIB, budget.device("/virtio-blk@0").limit());
        assertEquals(12 * MIB, budget.processor(3).limit());
    }

    @Test
    void noMachineGetsMoreThanItsShareOfTheProcess() {
        var budget = budget(1);
        budget.limit(100 * MIB);
        share = 40 * MIB;
        assertEquals(40 * MIB, budget.limit());
        assertEquals(30 * MIB, budget.processor(0).limit());
        share = 0;
        assertEquals(HostMemoryBudget.LEAST, budget.limit(), "less than that no machine can work with");
    }

    @Test
    void whatIsInUseIsCountedOverAllAccounts() {
        var budget = budget(2);
        budget.limit(HostMemoryBudget.LEAST);
        HostMemoryAccount disk = budget.device("/virtio-blk@0");
        assertSame(disk, budget.device("/virtio-blk@0"));
        disk.reserve(MIB - 1);
        assertFalse(disk.exhausted());
        disk.reserve(1);
        assertTrue(disk.exhausted());
        assertFalse(budget.processor(0).exhausted());
        budget.processor(0).reserve(3 * MIB);
        assertEquals(4 * MIB, budget.used());
        disk.release(MIB);
        assertEquals(3 * MIB, budget.used());
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        var budget = budget(1);
        assertThrows(IllegalArgumentException.class, () -> budget.limit(HostMemoryBudget.LEAST - 1));
        assertThrows(IllegalArgumentException.class, () -> budget.processor(0).reserve(-1));
        assertThrows(IllegalArgumentException.class, () -> budget.processor(0).release(-1));
    }
}
