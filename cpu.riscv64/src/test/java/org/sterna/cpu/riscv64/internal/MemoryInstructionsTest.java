package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;

/** Loads and stores: RAM in any alignment, MMIO, and nothing. */
class MemoryInstructionsTest {
    private static final long PATTERN = 0x8182_8384_f5f6_f7f8L;
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    @ParameterizedTest
    @CsvSource({"0, 1, true", "1, 2, true", "2, 4, true", "3, 8, true", "4, 1, false", "5, 2, false", "6, 4, false"})
    void loadsExtend(int funct3, int size, boolean signed) {
        for (long address : new long[] {Guest.DATA, Guest.DATA + 1, Guest.DATA + 3, Guest.DATA + 0xffd}) {
            guest.memory.putLong(address, PATTERN);
            guest.x(Asm.A1, address + 100);
            guest.run(Asm.load(funct3, Asm.A0, Asm.A1, -100), Asm.load(funct3, Asm.A2, Asm.A1, -100));
            int unused = 64 - 8 * size;
            long expected = signed ? PATTERN << unused >> unused : PATTERN << unused >>> unused;
            assertEquals(expected, guest.x(Asm.A0), "first at " + Long.toHexString(address));
            assertEquals(expected, guest.x(Asm.A2), "through the TLB at " + Long.toHexString(address));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 2", "2, 4", "3, 8"})
    void storesWriteTheirSizeOnly(int funct3, int size) {
        for (long address : new long[] {Guest.DATA, Guest.DATA + 1, Guest.DATA + 3, Guest.DATA + 0xffd}) {
            for (int i = 0; i < 2; i++) {
                guest.memory.fill(address - 8, 24, (byte) 0x55);
                guest.x(Asm.A1, address);
                guest.x(Asm.A0, PATTERN);
                guest.run(Asm.store(funct3, Asm.A0, Asm.A1, 0));
                for (int k = -8; k < 16; k++) {
                    byte expected = k >= 0 && k < size ? (byte) (PATTERN >> 8 * k) : 0x55;
                    assertEquals(expected, guest.memory.getByte(address + k), "byte " + k);
                }
            }
        }
    }

    /** A device that notes what is asked of it. */
    private static final class Recorder implements MmioHandler {
        final List<String> log = new ArrayList<>();

        @Override
        public long read(long offset, int size) {
            log.add("read " + offset + " " + size);
            return PATTERN;
        }

        @Override
        public void write(long offset, int size, long value) {
            log.add("write " + offset + " " + size + " " + Long.toHexString(value));
        }
    }

    @Test
    void mmioGoesToItsDevice() {
        var device = new Recorder();
        guest.bus.map(new MmioBus.Region("/device", 0x2000_0000, 0x100, device));
        guest.x(Asm.A1, 0x2000_0000);
        guest.x(Asm.A0, PATTERN);
        guest.run(Asm.load(2, Asm.A2, Asm.A1, 4), Asm.load(5, Asm.A3, Asm.A1, 6), Asm.store(0, Asm.A0, Asm.A1, 1),
            Asm.sd(Asm.A0, Asm.A1, 8));
        assertEquals(List.of("read 4 4", "read 6 2", "write 1 1 f8", "write 8 8 81828384f5f6f7f8"), device.log);
        assertEquals((int) PATTERN, guest.x(Asm.A2));
        assertEquals(PATTERN & 0xffff, guest.x(Asm.A3));
    }

    @ParameterizedTest
    @CsvSource({"0x20000002, 4", "0x200000fc, 8", "0x30000000, 8", "0x0, 1", "-8, 8", "0x7fffffff, 2",
        "0x80ffffff, 8", "0x81000000, 1"})
    void whatIsNotThereFaults(String place, int size) {
        guest.bus.map(new MmioBus.Region("/device", 0x2000_0000, 0x100, new Recorder()));
        long address = Long.decode(place);
        int funct3 = Integer.numberOfTrailingZeros(size);
        guest.x(Asm.A1, address);
        guest.run(Asm.load(funct3, Asm.A0, Asm.A1, 0));
        assertTrue(guest.trapped());
        assertEquals(Trap.LOAD_ACCESS, guest.machine().mcause());
        assertEquals(Guest.CODE, guest.machine().mepc());
        assertTrue(guest.machine().mtval() - address >= 0 && guest.machine().mtval() - address < size);
        guest.run(Asm.NOP, Asm.store(funct3, Asm.A0, Asm.A1, 0));
        assertEquals(Trap.STORE_ACCESS, guest.machine().mcause());
        assertEquals(Guest.CODE + 4, guest.machine().mepc());
    }

    @Test
    void aStoreThatFaultsInItsSecondPageWritesNothing() {
        long end = Guest.RAM + Guest.SIZE;
        guest.memory.putLong(end - 8, 0);
        guest.x(Asm.A1, end - 4);
        guest.x(Asm.A0, -1);
        guest.run(Asm.sd(Asm.A0, Asm.A1, 0));
        assertEquals(Trap.STORE_ACCESS, guest.machine().mcause());
        assertEquals(0, guest.memory.getLong(end - 8));
    }

    @Test
    void codeOutsideMemoryFaults() {
        guest.x(Asm.A0, 0x2000_0000);
        guest.run(Asm.jalr(Asm.RA, Asm.A0, 0));
        assertEquals(Trap.FETCH_ACCESS, guest.machine().mcause());
        assertEquals(0x2000_0000, guest.machine().mtval());
        assertEquals(0x2000_0000, guest.machine().mepc());
    }
}
