package org.sterna.machine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class MmioBusTest {
    private static MmioBus.Region region(String owner, long base, long size) {
        return new MmioBus.Region(owner, base, size, new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return offset;
            }

            @Override
            public void write(long offset, int size, long value) {
                throw new AssertionError("not written here");
            }
        });
    }

    @Test
    void findsTheRegionThatAnAccessLiesIn() {
        var bus = new MmioBus();
        bus.map(region("b", 0x2000, 0x100));
        bus.map(region("a", 0x1000, 0x1000));
        bus.map(region("c", 0x3000, 8));
        assertEquals("a", bus.find(0x1000, 8).owner());
        assertEquals("a", bus.find(0x1ff8, 8).owner());
        assertNull(bus.find(0x1ffc, 8), "across two regions");
        assertEquals("b", bus.find(0x20ff, 1).owner());
        assertNull(bus.find(0x2100, 1));
        assertEquals("c", bus.find(0x3000, 8).owner());
        assertNull(bus.find(0xfff, 1));
        assertNull(bus.find(-1, 1));
        bus.unmap("b");
        assertNull(bus.find(0x2000, 1));
    }

    @Test
    void refusesOverlaps() {
        var bus = new MmioBus();
        bus.map(region("a", 0x1000, 0x1000));
        var overlap = assertThrows(IllegalArgumentException.class, () -> bus.map(region("b", 0x1fff, 1)));
        assertEquals("the registers of b (0x1fff to 0x1fff) overlap those of a (0x1000 to 0x1fff)", overlap.getMessage());
        assertThrows(IllegalArgumentException.class, () -> bus.map(region("b", 0x800, 0x801)));
    }
}
