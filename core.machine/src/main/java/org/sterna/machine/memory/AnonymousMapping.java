package org.sterna.machine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
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
    private static final boolean LINUX = System.getProperty("os.name").startsWith("Linux");
    /** MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE. */
    private static final int FLAGS = 2 | (MAC ? 0x1000 | 0x40 : 0x20 | 0x4000);

    /** MAP_PRIVATE | MAP_FIXED. */
    private static final int PRIVATE_FIXED = 0x12;
    /** What a host with transparent huge pages commits at once; a fault for every 4 KiB costs it several times more. */
    private static final long HUGE_PAGE = 2 << 20;
    private static final int MADV_HUGEPAGE = 14;
    /** Linux 5.14. */
    private static final int MADV_POPULATE_WRITE = 23;
    private static final MethodHandle MMAP = function("mmap", ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
        ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
    private static final MethodHandle MUNMAP =
        function("munmap", ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    private static final MethodHandle MADVISE = LINUX
        ? function("madvise", ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT) : null;

    private AnonymousMapping() {
    }

    /** A function of the C library, or null if it has none of that name. */
    static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name)
            .map(address -> linker.downcallHandle(address, FunctionDescriptor.of(result, arguments))).orElse(null);
    }

    static MemorySegment reserve(long size, Arena arena) {
        if (MMAP == null || MUNMAP == null) {
            return arena.allocate(size, 4096);
        }
        // Room to begin at a huge page.
        long mapped = size + HUGE_PAGE;
        long address;
        try {
            address = (long) MMAP.invokeExact(0L, mapped, PROT_READ_WRITE, FLAGS, -1, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("mmap", e);
        }
        if (address == -1) {
            throw new OutOfMemoryError("the host refuses to map " + size + " bytes of guest memory");
        }
        long start = (address + HUGE_PAGE - 1) & -HUGE_PAGE;
        advise(start, size, MADV_HUGEPAGE);
        return MemorySegment.ofAddress(start).reinterpret(size, arena, segment -> {
            try {
                int status = (int) MUNMAP.invokeExact(address, mapped);
                assert status == 0;
            } catch (Throwable e) {
                throw new IllegalStateException("munmap", e);
            }
        });
    }

    /** Commits whole pages at once, where the host knows how. */
    static void commit(MemorySegment pages) {
        advise(pages.address(), pages.byteSize(), MADV_POPULATE_WRITE);
    }

    /** Puts a part of a file in the place of pages; false if the host does not. */
    static boolean replace(MemorySegment pages, HostFile file, long offset) {
        if (MMAP == null || !file.mappable()) {
            return false;
        }
        try {
            long address = (long) MMAP.invokeExact(pages.address(), pages.byteSize(), PROT_READ_WRITE, PRIVATE_FIXED,
                file.descriptor(), offset);
            if (address != pages.address()) {
                // What was there before may be gone.
                throw new OutOfMemoryError("the host refuses to map " + pages.byteSize() + " bytes of a file");
            }
            return true;
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("mmap", e);
        }
    }

    /** Advice only makes things faster: a host that does not know it, or has not the memory just now, may refuse. */
    private static void advise(long address, long size, int advice) {
        if (MADVISE == null) {
            return;
        }
        try {
            int refused = (int) MADVISE.invokeExact(address, size, advice);
        } catch (Throwable e) {
            throw new IllegalStateException("madvise", e);
        }
    }
}
