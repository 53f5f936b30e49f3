package org.sterna.machine.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** What is at a path, by the bits of its mode that tell its kind (inode(7)). */
enum FileKind {
    FIFO(0x1000, "a FIFO"), CHARACTER_DEVICE(0x2000, "a device"), FOLDER(0x4000, "a folder"),
    BLOCK_DEVICE(0x6000, "a device"), REGULAR(0x8000, "a file"), LINK(0xa000, "a symbolic link"),
    SOCKET(0xc000, "a socket");

    private static final int MASK = 0xf000;

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
    static Optional<FileKind> at(Path path) throws IOException {
        int mode;
        try {
            mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
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
