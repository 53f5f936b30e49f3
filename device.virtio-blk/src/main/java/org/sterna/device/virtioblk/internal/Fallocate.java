package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A handle of a file for fallocate(2), with which Linux makes parts of a file read as zeroes without writing them. That of a
 * block device also keeps the host from using the device or a part of it otherwise, such as mounting it (O_EXCL of open(2)).
 * Where the host or its file system cannot do that, the methods say so and the caller does without.
 */
final class Fallocate implements AutoCloseable {
    /** Cannot do anything. */
    static final Fallocate NONE = new Fallocate(-1);
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x8_0000;
    private static final int O_EXCL = 0x80;
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;
    private static final int ZERO_RANGE = 16;

    private static final MethodHandle OPEN = function("open", FunctionDescriptor.of(ValueLayout.JAVA_INT,
        ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT));
    private static final MethodHandle FALLOCATE = function("fallocate", FunctionDescriptor.of(ValueLayout.JAVA_INT,
        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private final int handle;

    private Fallocate(int handle) {
        this.handle = handle;
    }

    /** A function of the C library, or null if there is none. */
    static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup().find(name).map(address -> linker.downcallHandle(address, type, options))
            .orElse(null);
    }

    /**
     * A handle of a file; one that cannot do anything, if the host does not let it.
     *
     * @param identity    the file that it must be, in case the path now leads to another
     * @param blockDevice whether it is a block device
     */
    static Fallocate open(Path path, Object identity, boolean blockDevice) {
        if (FALLOCATE == null) {
            return NONE;
        }
        var opened = new Fallocate(handle(path, blockDevice ? O_RDWR | O_EXCL : O_RDWR));
        try {
            if (identity.equals(Files.getAttribute(Path.of("/proc/self/fd/" + opened.handle), "unix:fileKey"))) {
                return opened;
            }
        } catch (IOException e) {
            // Without proof that it is the file nothing is zeroed.
        }
        opened.close();
        return NONE;
    }

    /** Links the functions by calls that do nothing: for the first real ones a guest may be waiting. */
    static void prepare() {
        if (FALLOCATE != null) {
            new Fallocate(handle(Path.of(""), O_RDWR)).close();
            new Fallocate(Integer.MAX_VALUE).punchHole(0, 0);
            new Fallocate(Integer.MAX_VALUE).close();
        }
    }

    /** Whether the host uses a block device, or a part of it, so that nobody else may. */
    static boolean isTaken(Path device) {
        if (OPEN == null || CLOSE == null) {
            return false;
        }
        try (var exclusive = new Fallocate(handle(device, O_RDWR | O_EXCL)); var shared = new Fallocate(handle(device, O_RDWR))) {
            return exclusive.handle < 0 && shared.handle >= 0;
        }
    }

    private static int handle(Path path, int flags) {
        try (var arena = Arena.ofConfined()) {
            return (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), flags | O_CLOEXEC);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives the space of a range back; it reads as zeroes. False if that cannot be done. */
    boolean punchHole(long position, long length) {
        return call(PUNCH_HOLE | KEEP_SIZE, position, length);
    }

    /** Makes a range read as zeroes and keeps its space. False if that cannot be done. */
    boolean zeroRange(long position, long length) {
        return call(ZERO_RANGE | KEEP_SIZE, position, length);
    }

    private boolean call(int mode, long position, long length) {
        try {
            return handle >= 0 && (int) FALLOCATE.invokeExact(handle, mode, position, length) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            if (handle >= 0) {
                int ignored = (int) CLOSE.invokeExact(handle);
            }
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
