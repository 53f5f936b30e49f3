package org.sterna.machine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Address space that the host commits page by page on first touch. {@link Arena#allocate} would write zeroes to all
 * of it, and so commit a guest's whole RAM at once; an anonymous mapping is zero without being touched.
 */
final class AnonymousMapping {
    private static final int PROT_READ_WRITE = 3;
    private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");
    /** MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE. */
    private static final int FLAGS = 2 | (MAC ? 0x1000 | 0x40 : 0x20 | 0x4000);

    private AnonymousMapping() {
    }

    static MemorySegment reserve(long size, Arena arena) {
        Linker linker = Linker.nativeLinker();
        var map = linker.defaultLookup().find("mmap");
        var unmap = linker.defaultLookup().find("munmap");
        if (map.isEmpty() || unmap.isEmpty()) {
            return arena.allocate(size, 4096);
        }
        MethodHandle mmap = linker.downcallHandle(map.get(), FunctionDescriptor.of(ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        MethodHandle munmap = linker.downcallHandle(unmap.get(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        long address;
        try {
            address = (long) mmap.invokeExact(0L, size, PROT_READ_WRITE, FLAGS, -1, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("mmap", e);
        }
        if (address == -1) {
            throw new OutOfMemoryError("the host refuses to map " + size + " bytes of guest memory");
        }
        return MemorySegment.ofAddress(address).reinterpret(size, arena, segment -> {
            try {
                int status = (int) munmap.invokeExact(segment.address(), size);
                assert status == 0;
            } catch (Throwable e) {
                throw new IllegalStateException("munmap", e);
            }
        });
    }
}
