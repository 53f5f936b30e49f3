package org.sterna.machine.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The files that parts of guest memory show, and whether the host can still read them. What cannot be read any more is
 * lost: the guest's own writes to a part that is cut off go with it, so that nothing is right again when the file is.
 * Any thread.
 */
final class MappedFiles {
    /** What the virtual machine says of an access to a page that the host could not bring. */
    private static final String ACCESS_FAULT = "unsafe memory access";
    private static final String BAD_ADDRESS = "Bad address";

    private final Map<HostFile, Mapped> files = new IdentityHashMap<>();
    private final AtomicReference<String> unreadable = new AtomicReference<>();

    /**
     * A file as it was when it was mapped.
     *
     * @param end where the last part that is shown ends in it
     */
    private record Mapped(Path path, Object key, long size, long end) {
        static Mapped of(Path path) {
            try {
                var attributes = Files.readAttributes(path, BasicFileAttributes.class);
                return new Mapped(path, attributes.fileKey(), attributes.size(), 0);
            } catch (IOException e) {
                // It was deleted as soon as it had been opened.
                return new Mapped(path, null, 0, 0);
            }
        }

        Mapped upTo(long offset) {
            return new Mapped(path, key, size, Math.max(end, offset));
        }

        /** How it was cut, if that can be seen: what has the path now may be another file. */
        Optional<String> cut() {
            try {
                var now = Files.readAttributes(path, BasicFileAttributes.class);
                return Objects.equals(key, now.fileKey()) && now.size() < end ? Optional.of("the file " + path
                    + ", which the guest's memory is read from, has been cut: it has " + now.size()
                    + " bytes, and had " + size)
                    : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }

    /** A part of a file that ends at an offset is shown from now on. */
    synchronized void add(HostFile file, long end) {
        files.put(file, files.computeIfAbsent(file, added -> Mapped.of(added.path())).upTo(end));
    }

    /** What has been found to be unreadable so far, in words. */
    Optional<String> unreadable() {
        return Optional.ofNullable(unreadable.get());
    }

    /** Somebody has found out by himself that a part is lost; the first reason counts. */
    void declareUnreadable(String reason) {
        unreadable.compareAndSet(null, reason);
    }

    /** Looks at the files, since something was thrown; returns what cannot be read any more. */
    Optional<String> unreadable(Throwable thrown) {
        if (unreadable.get() == null) {
            // Not under the lock: a file system that hangs must hold up nobody who only asks what is known.
            found(thrown).ifPresent(this::declareUnreadable);
        }
        return unreadable();
    }

    private Optional<String> found(Throwable thrown) {
        List<Mapped> shown = shown();
        Optional<String> cut = shown.stream().flatMap(file -> file.cut().stream()).findFirst();
        return cut.isPresent() || shown.isEmpty() || !isAccessFault(thrown) && !isBadAddress(thrown) ? cut
            : Optional.of("the file " + String.join(", ", shown.stream().map(file -> file.path().toString()).toList())
                + ", which the guest's memory is read from, cannot be read any more: it has been cut, or its disk does not"
                + " answer");
    }

    private synchronized List<Mapped> shown() {
        return List.copyOf(files.values());
    }

    /**
     * What the system says, in English, where a page that it was to read or write for us cannot be brought (EFAULT).
     */
    private static boolean isBadAddress(Throwable thrown) {
        return thrown instanceof IOException && BAD_ADDRESS.equals(thrown.getMessage());
    }

    /** Whether the host could not bring a page of a file that is mapped, whoever has mapped it. */
    static boolean isAccessFault(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof InternalError && cause.getMessage() != null && cause.getMessage()
                    .contains(ACCESS_FAULT)) {
                return true;
            }
        }
        return false;
    }
}
