package org.sterna.machine.host;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.sterna.machine.text.CauseText;

/**
 * The file of a Unix domain socket that this process listens on. The file stays when its process is killed, and nobody can listen at
 * its path before it has been deleted. Only a socket is ever deleted here: no other kind of file, and no socket that is in use.
 *
 * <p>Immutable; any thread.
 */
public final class UnixSocketFile {
    private static final long YOUNG_MILLIS = 200;
    /** What the Java runtime takes: a socket's address has 108 bytes for it, 104 under macOS, and ends with a zero. */
    private static final int LONGEST_PATH = System.getProperty("os.name").startsWith("Mac") ? 102 : 106;

    private final Path path;
    private final Optional<Object> key;

    private UnixSocketFile(Path path, Optional<Object> key) {
        this.path = path;
        this.key = key;
    }

    /** The file of a socket that this process has just begun to listen on. */
    public static UnixSocketFile of(Path path) {
        return new UnixSocketFile(path, key(path));
    }

    /**
     * Checks that nothing but perhaps a socket is at a path, and that a socket can have it. A symbolic link is not
     * followed. Nothing is opened or changed.
     *
     * @throws IOException if a file of another kind is there, which the message names, or the path is too long for a
     *                     socket or cannot be looked at
     */
    public static void requireSocketOrNothing(Path path) throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_PATH) {
            throw new IOException("the path of a socket has at most " + LONGEST_PATH + " bytes, and this one has "
                + length);
        }
        Optional<FileKind> kind = FileKind.at(path);
        if (kind.isPresent() && kind.get() != FileKind.SOCKET) {
            throw new IOException("there is " + kind.get() + " at " + path + ", which is not a socket");
        }
    }

    /**
     * Deletes the file of a socket that nobody listens on any more. Does nothing if there is no file. It takes up to 0.2 s for a file
     * that has just been made.
     *
     * @throws IOException if there is a file that is not a socket, if somebody listens on the socket, or if that cannot be told; the
     *                     file is kept then
     */
    public static void removeStale(Path path) throws IOException {
        requireSocketOrNothing(path);
        Optional<Object> found = key(path);
        while (found.isPresent() && nobodyListens(path)) {
            if (isOldEnough(path)) {
                if (found.equals(key(path))) {
                    Files.deleteIfExists(path);
                }
                return;
            }
            pause();
        }
        if (found.isPresent()) {
            throw new IOException("another process listens on " + path);
        }
    }

    private static boolean nobodyListens(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Not blocking: a process that is stopped accepts nobody, and its queue may be full.
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return false;
        } catch (ConnectException refused) {
            return true;
        } catch (IOException e) {
            throw new IOException("another process may listen on " + path + ": " + CauseText.of(e), e);
        }
    }

    /** Whether its process has had time enough to listen; the file is there a moment before that. */
    private static boolean isOldEnough(Path path) throws IOException {
        long age = System.currentTimeMillis() - Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toMillis();
        return age < 0 || age > YOUNG_MILLIS;
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(YOUNG_MILLIS / 10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Deletes the file, unless it has gone or another file has taken its place. */
    public void delete() {
        try {
            if (key.isPresent() && key.equals(key(path))) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // What is left behind is found by whoever listens there next.
        }
    }

    /** What tells the file at a path from all others; empty if there is none. */
    private static Optional<Object> key(Path path) {
        try {
            return Optional.ofNullable(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
