package org.sterna.cpu.riscv64.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Little-endian accesses at host addresses. A constant segment that spans the whole address space lets the compiler
 * drop every check of bounds and lifetime; guest memory outlives the processors that work on it.
 */
final class HostMemory {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
    private static final VarHandle ATOMIC_INT = ValueLayout.JAVA_INT.withOrder(ORDER).varHandle();
    private static final VarHandle ATOMIC_LONG = ValueLayout.JAVA_LONG.withOrder(ORDER).varHandle();

    private HostMemory() {
    }

    static byte getByte(long address) {
        return ALL.get(BYTE, address);
    }

    static short getShort(long address) {
        return ALL.get(SHORT, address);
    }

    static int getInt(long address) {
        return ALL.get(INT, address);
    }

    static long getLong(long address) {
        return ALL.get(LONG, address);
    }

    static void putByte(long address, byte value) {
        ALL.set(BYTE, address, value);
    }

    static void putShort(long address, short value) {
        ALL.set(SHORT, address, value);
    }

    static void putInt(long address, int value) {
        ALL.set(INT, address, value);
    }

    static void putLong(long address, long value) {
        ALL.set(LONG, address, value);
    }

    /** Reads 1, 2, 4 or 8 bytes, zero-extended. */
    static long get(long address, int size) {
        return switch (size) {
            case 1 -> getByte(address) & 0xffL;
            case 2 -> getShort(address) & 0xffffL;
            case 4 -> getInt(address) & 0xffffffffL;
            default -> getLong(address);
        };
    }

    /** Writes the low 1, 2, 4 or 8 bytes of a value. */
    static void put(long address, int size, long value) {
        switch (size) {
            case 1 -> putByte(address, (byte) value);
            case 2 -> putShort(address, (short) value);
            case 4 -> putInt(address, (int) value);
            default -> putLong(address, value);
        }
    }

    static int getIntVolatile(long address) {
        return (int) ATOMIC_INT.getVolatile(ALL, address);
    }

    static long getLongVolatile(long address) {
        return (long) ATOMIC_LONG.getVolatile(ALL, address);
    }

    static boolean compareAndSetInt(long address, int expected, int value) {
        return ATOMIC_INT.compareAndSet(ALL, address, expected, value);
    }

    static boolean compareAndSetLong(long address, long expected, long value) {
        return ATOMIC_LONG.compareAndSet(ALL, address, expected, value);
    }

    static int getAndAddInt(long address, int value) {
        return (int) ATOMIC_INT.getAndAdd(ALL, address, value);
    }

    static long getAndAddLong(long address, long value) {
        return (long) ATOMIC_LONG.getAndAdd(ALL, address, value);
    }

    static int getAndSetInt(long address, int value) {
        return (int) ATOMIC_INT.getAndSet(ALL, address, value);
    }

    static long getAndSetLong(long address, long value) {
        return (long) ATOMIC_LONG.getAndSet(ALL, address, value);
    }

    /** Copies a page into an array. */
    static void copy(long address, byte[] target) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, target, 0, target.length);
    }

    /** Whether memory holds what an array holds. */
    static boolean equal(long address, byte[] expected) {
        return MemorySegment.mismatch(ALL, address, address + expected.length,
            MemorySegment.ofArray(expected), 0, expected.length) < 0;
    }
}
