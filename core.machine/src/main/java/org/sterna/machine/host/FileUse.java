package org.sterna.machine.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A note that somebody in this process uses a file of this host, until it is closed. Whoever wants to put a new file in
 * the place of another asks first with {@link #replacing}: a disk in whose place a snapshot was put would go on as a
 * file that nobody finds any more.
 *
 * <p>A file is known by its name and by its identity on the host, so that it is found through symbolic links, through
 * other hard links, and after it was renamed. The files are looked at when the note is made; a question looks only at
 * the file that it is about, so it does not wait for a disk of somebody else that hangs. Other processes are not seen.
 *
 * <p>Any thread.
 */
public final class FileUse implements AutoCloseable {
    /** All that are not closed; guards itself. Nothing that may block on a file is done under this lock. */
    private static final List<FileUse> ALL = new ArrayList<>();

    private final Path file;
    private final String user;
    private final Set<Path> names;
    private final Optional<Object> key;

    private FileUse(Path file, String user) {
        this(file, user, names(file));
    }

    private FileUse(Path file, String user, Set<Path> names) {
        this.file = file;
        this.user = user;
        this.names = names;
        this.key = key(file);
    }

    /**
     * Notes that a file is used, whoever else uses it. It need not exist.
     *
     * @param user who uses it, such as {@code machine web (/disk@0.drive)}
     */
    public static FileUse of(Path file, String user) {
        return noted(new FileUse(file, user));
    }

    /**
     * Notes that the content of a file is used, as by a guest whose memory is read from it: once the file has been
     * deleted or renamed, another one may have its name.
     *
     * @param user who uses it
     */
    public static FileUse ofContent(Path file, String user) {
        return noted(new FileUse(file, user, Set.of()));
    }

    private static FileUse noted(FileUse use) {
        synchronized (ALL) {
            ALL.add(use);
        }
        return use;
    }

    /**
     * Notes that a new file is going to take the place of whatever is at a path. Of two at once, one is refused.
     *
     * @param user who does it
     * @throws IOException if anything but a regular file is there, or somebody in this process uses the file; the
     *                     message says which, in words that follow the file's name
     */
    public static FileUse replacing(Path file, String user) throws IOException {
        requireRegular(file);
        var use = new FileUse(file, user);
        synchronized (ALL) {
            use.requireAlone(use);
            ALL.add(use);
        }
        return use;
    }

    /**
     * Checks that a new file may take the place of whatever is at a path now.
     *
     * @throws IOException as {@link #replacing} does
     */
    public static void requireReplaceable(Path file) throws IOException {
        replacing(file, "").close();
    }

    /**
     * Checks again that nothing but a regular file is in the place that is to be taken, and that nobody else in this
     * process uses it: that may have changed.
     *
     * @throws IOException as {@link #replacing} does
     */
    public void requireReplaceable() throws IOException {
        requireRegular(file);
        var now = new FileUse(file, user);
        synchronized (ALL) {
            now.requireAlone(this);
        }
    }

    private static void requireRegular(Path file) throws IOException {
        Optional<FileKind> kind = FileKind.at(file);
        if (kind.isPresent() && kind.get() != FileKind.REGULAR) {
            throw new IOException("there is " + kind.get() + " of this name, and nothing but a regular file"
                + " is replaced");
        }
    }

    private void requireAlone(FileUse own) throws IOException {
        for (FileUse other : ALL) {
            if (other != own) {
                requireApart(other);
            }
        }
    }

    private void requireApart(FileUse other) throws IOException {
        if (key.isPresent() && key.equals(other.key) || names.stream().anyMatch(other.names::contains)) {
            throw new IOException("it is in use by " + other.user);
        }
    }

    /** The file's name in its real folder, and the real name of what that leads to. */
    private static Set<Path> names(Path file) {
        var names = new HashSet<Path>();
        Path absolute = file.toAbsolutePath().normalize();
        Path folder = file.toAbsolutePath().getParent();
        names.add(folder == null ? absolute : real(folder).resolve(file.getFileName()).normalize());
        names.add(real(file));
        return Set.copyOf(names);
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }

    private static Optional<Object> key(Path file) {
        try {
            return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** It is not used any more. */
    @Override
    public void close() {
        synchronized (ALL) {
            ALL.remove(this);
        }
    }
}
