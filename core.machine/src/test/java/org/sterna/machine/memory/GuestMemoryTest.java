package org.sterna.machine.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestMemoryTest {
    private static final long BASE = 0x8000_0000L;

    @Test
    void isZeroAtFirstAndLittleEndian() {
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            assertEquals(0, memory.getLong(BASE + 4096));
            memory.putLong(BASE + 8, 0x1122334455667788L);
            assertEquals((byte) 0x88, memory.getByte(BASE + 8));
            assertEquals(0x5566, memory.getShort(BASE + 10));
            assertEquals(0x11223344, memory.getInt(BASE + 12));
            memory.putInt(BASE + 1, 0xdeadbeef);
            assertEquals(0xdeadbeef, memory.readable(BASE + 1, 4).getInt());
        }
    }

    @Test
    void reachesBeyondTwoGibibytesAndCommitsOnlyWhatIsTouched() {
        long size = 6L << 30;
        try (var memory = new GuestMemory(BASE, size)) {
            long last = BASE + size - 8;
            memory.putLong(last, -2);
            assertEquals(-2, memory.getLong(last));
            memory.put(BASE + (5L << 30) - 1, new byte[] {1, 2, 3}, 0, 3);
            byte[] back = new byte[3];
            memory.get(BASE + (5L << 30) - 1, back, 0, 3);
            assertArrayEquals(new byte[] {1, 2, 3}, back);
            var dirty = new BitSet();
            memory.dirtyLog().open().harvest(dirty);
            assertTrue(dirty.isEmpty(), "a new reader starts with nothing");
        }
    }

    private static void cut(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }

    @Test
    void saysWhichFileCannotBeReadAnyMore(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("pages"), new byte[8 * 4096]);
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            try (HostFile open = HostFile.open(file)) {
                assumeTrue(memory.map(BASE, 4 * 4096, open, 4096), "this host maps files");
            }
            cut(file, 5 * 4096);
            assertEquals(Optional.empty(), memory.unreadable(new IllegalStateException("something else")),
                "what is shown is still there");
            cut(file, 4096);
            assertEquals(Optional.empty(), memory.unreadable(), "nobody has looked");
            byte[] page = new byte[4096];
            var fault = assertThrows(InternalError.class, () -> memory.get(BASE, page, 0, 4096));
            assertTrue(GuestMemory.isUnreadableFile(new IllegalStateException(fault)));
            var why = Optional.of("the file " + file
                + ", which the guest's memory is read from, has been cut: it has 4096 bytes, and had "
                + 8 * 4096);
            assertEquals(why, memory.unreadable(fault));
            cut(file, 0);
            assertEquals(why, memory.unreadable());
        }
    }

    @Test
    void aFileThatHasGoneFromItsPathIsNamedOnceAnAccessFails(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("pages"), new byte[4096]);
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            try (HostFile open = HostFile.open(file)) {
                assumeTrue(memory.map(BASE, 4096, open, 0), "this host maps files");
            }
            Files.delete(file);
            Files.createFile(file);
            assertEquals(Optional.empty(), memory.unreadable(new IOException("No space left on device")));
            var why = memory.unreadable(new IOException("Bad address")).orElseThrow();
            assertTrue(why.contains(file + ", which the guest's memory is read from, cannot be read any more"), why);
        }
    }

    @Test
    void memoryOfNoFileIsAlwaysThere() {
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            var fault = new InternalError("a fault occurred in an unsafe memory access operation");
            assertEquals(Optional.empty(), memory.unreadable(fault));
            assertFalse(GuestMemory.isUnreadableFile(new InternalError("something else")));
        }
    }

    @ParameterizedTest
    @CsvSource({"-1,1", "0x100000,1", "0xffff9,8", "0,-1", "0,0", "0,0x7fffffffffffffff", "0xfffff,2"})
    void refusesWhatIsNotMemory(String offset, String length) {
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            assertFalse(memory.contains(BASE + Long.decode(offset), Long.decode(length)));
        }
    }

    @Test
    void everyAccessorChecksItsRange() {
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            long end = BASE + (1 << 20);
            assertThrows(GuestAddressException.class, () -> memory.getByte(end));
            assertThrows(GuestAddressException.class, () -> memory.getShort(end - 1));
            assertThrows(GuestAddressException.class, () -> memory.getInt(BASE - 1));
            assertThrows(GuestAddressException.class, () -> memory.getLong(Long.MAX_VALUE));
            assertThrows(GuestAddressException.class, () -> memory.putByte(Long.MIN_VALUE, (byte) 0));
            assertThrows(GuestAddressException.class, () -> memory.putLong(end - 4, 0));
            assertThrows(GuestAddressException.class, () -> memory.put(end - 4, new byte[5], 0, 5));
            assertThrows(GuestAddressException.class, () -> memory.get(end - 4, new byte[5], 0, 5));
            assertThrows(GuestAddressException.class, () -> memory.fill(end - 4, 5, (byte) 1));
            assertThrows(GuestAddressException.class, () -> memory.writable(end, 1));
        }
    }

    @Test
    void writesMarkEveryPageTheyTouch() {
        try (var memory = new GuestMemory(BASE, 1 << 20); var reader = memory.dirtyLog().open()) {
            memory.putLong(BASE + 4096 * 3 - 4, -1);
            memory.fill(BASE + 4096 * 70, 4096 * 2, (byte) 7);
            var dirty = new BitSet();
            assertEquals(4, reader.harvest(dirty));
            assertEquals("{2, 3, 70, 71}", dirty.toString());
            assertEquals(0, reader.harvest(dirty));
        }
    }

    @Test
    void accessAllocatesNothing() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (var memory = new GuestMemory(BASE, 1 << 20)) {
            for (int i = 0; i < 100_000; i++) {
                touch(memory, i);
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1_000_000; i++) {
                touch(memory, i);
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 1_000_000, "a million accesses allocated " + allocated + " bytes");
        }
    }

    private static void touch(GuestMemory memory, int i) {
        long address = BASE + (i * 8L & 0xffff8);
        memory.putLong(address, memory.getLong(address) + i);
    }
}
