package org.sterna.machine.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** What is at a path of this host, which can be told without opening it: opening a FIFO waits for its other end. */
public enum FileKind {
    /** A named pipe. */
    FIFO(0x1000, "a FIFO"),
    /** A terminal, for example. */
    CHARACTER_DEVICE(0x2000, "a device"),
    /** A directory. */
    FOLDER(0x4000, "a folder"),
    /** A disk of the host, for example. */
    BLOCK_DEVICE(0x6000, "a device"),
    /** A file of bytes. */
    REGULAR(0x8000, "a file"),
    /** A symbolic link, where it was not followed. */
    LINK(0xa000, "a symbolic link"),
    /** The file of a Unix domain socket. */
    SOCKET(0xc000, "a socket");

    private static final int MASK = 0xf000;

    /** Of the mode (inode(7)). */
    private final int bits;
    private final String words;

    FileKind(int bits, String words) {
        this.bits = bits;
        this.words = words;
    }

    /**
     * Of what is at a path, which is not opened; a symbolic link is not followed.
     *
     * @return empty if nothing is there
     * @throws IOException if that cannot be looked at
     */
    public static Optional<FileKind> at(Path path) throws IOException {
        return of(path, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Of what a path leads to through all symbolic links; it is not opened.
     *
     * @return empty if nothing is there
     * @throws IOException if that cannot be looked at
     */
    public static Optional<FileKind> behind(Path path) throws IOException {
        return of(path);
    }

    private static Optional<FileKind> of(Path path, LinkOption... links) throws IOException {
        int mode;
        try {
            mode = (int) Files.getAttribute(path, "unix:mode", links);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        for (FileKind kind : values()) {
            if ((mode & MASK) == kind.bits) {
                return Optional.of(kind);
            }
        }
        throw new IOException("the kind of " + path + " is not known");
    }

    /** In words, with an article. */
    @Override
    public String toString() {
        return words;
    }
}
