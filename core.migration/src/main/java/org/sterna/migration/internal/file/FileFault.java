package org.sterna.migration.internal.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;

/** What to do about a file that could not be written. */
final class FileFault {
    private static final String ANOTHER = "name another file";
    private static final Set<String> FULL = Set.of("No space left on device", "Disk quota exceeded");
    /** A file system with less than this has no room for a page that is to be written. */
    private static final long LITTLE = 64 << 10;

    private FileFault() {
    }

    /** By the cause. */
    static String remedy(Path file, IOException e) {
        return switch (e) {
            case RefusedFileException refused -> refused.remedy();
            case AccessDeniedException denied ->
                "name a file in a folder that this user may write to, or set the permissions of this one";
            case NoSuchFileException missing -> "make the folder, or name a file in one that there is";
            case IOException full when isFull(file, full) -> "make room on the disk of " + elsewhere(file);
            case FileSystemException other -> ANOTHER;
            default -> "look at the disk of " + elsewhere(file);
        };
    }

    private static String elsewhere(Path file) {
        return file.getParent() + ", or name a file on another one";
    }

    /** The system says so in the language of the host, so the room that there is counts too. */
    private static boolean isFull(Path file, IOException e) {
        String said = e instanceof FileSystemException other ? other.getReason() : e.getMessage();
        try {
            return said != null && FULL.contains(said)
                || Files.getFileStore(file.getParent()).getUsableSpace() < LITTLE;
        } catch (IOException unknown) {
            return false;
        }
    }
}
