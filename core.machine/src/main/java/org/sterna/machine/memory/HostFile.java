package org.sterna.machine.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** A file of the host that {@link GuestMemory#map} can show; it may be closed when all of it is mapped. One thread. */
public final class HostFile implements AutoCloseable {
    private static final int O_RDONLY = 0;
    /** A pipe in the place of a file would wait for its other end. */
    private static final int O_NONBLOCK = System.getProperty("os.name").startsWith("Mac") ? 0x4 : 0x800;
    private static final MethodHandle OPEN =
        AnonymousMapping.function("open", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    private static final MethodHandle CLOSE = AnonymousMapping.function("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    /** What mmap refuses, on a host without these functions. */
    private static final int NONE = -1;

    private final Path path;
    private final int descriptor;

    private HostFile(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Opens a file for reading.
     *
     * @throws IOException if there is no such file or this user must not read it
     */
    public static HostFile open(Path path) throws IOException {
        if (OPEN == null || CLOSE == null) {
            return new HostFile(path, NONE);
        }
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), O_RDONLY | O_NONBLOCK);
            if (descriptor < 0) {
                throw Files.exists(path) ? new IOException(path + " cannot be opened") : new NoSuchFileException(path.toString());
            }
            return new HostFile(path, descriptor);
        } catch (IOException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("open", e);
        }
    }

    /**
     * A path that leads to this very file as long as it is open here, also after it was deleted, or replaced at its own path;
     * nothing on a host that has no such paths.
     *
     * @since 1.1
     */
    public Optional<Path> link() {
        Path link = Path.of("/proc/self/fd", Integer.toString(descriptor));
        return Files.exists(link) ? Optional.of(link) : Optional.empty();
    }

    /** Where it was when it was opened. */
    Path path() {
        return path;
    }

    boolean mappable() {
        return descriptor != NONE;
    }

    int descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        if (descriptor == NONE) {
            return;
        }
        try {
            int status = (int) CLOSE.invokeExact(descriptor);
            assert status == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("close", e);
        }
    }
}
