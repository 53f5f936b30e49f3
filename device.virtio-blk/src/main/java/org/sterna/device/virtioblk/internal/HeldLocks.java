package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The locks that this process holds on files, as the system lists them (proc_locks(5)). Whoever opens a file that is among
 * them, and closes it again, gives up the lock.
 */
final class HeldLocks {
    private static final Path ALL = Path.of("/proc/locks");

    private HeldLocks() {
    }

    /** Whether a file may be locked by this process; it is said to be if that cannot be told. */
    static boolean mayHold(Path file) throws IOException {
        // Of the file only the inode is compared: the number of its device is not the same everywhere.
        String inode = ":" + Files.getAttribute(file, "unix:ino");
        String process = Long.toString(ProcessHandle.current().pid());
        try (var locks = Files.lines(ALL)) {
            // 1: POSIX  ADVISORY  WRITE 4711 08:01:1234 0 EOF
            return locks.map(line -> line.split("\\s+"))
                .anyMatch(words -> words.length > 5 && words[4].equals(process) && words[5].endsWith(inode));
        } catch (IOException | UncheckedIOException e) {
            return true;
        }
    }
}
