package org.sterna.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of temporary folders: the own one, those of processes that live, and those of processes that were killed. */
@Timeout(60)
class TemporaryFolderTest {
    @TempDir
    private Path parent;

    /** Another process with a folder: it prints where that is and waits. */
    public static final class Other {
        private Other() {
        }

        /** Makes a folder in the one that is named. */
        public static void main(String[] args) throws Exception {
            Path path = TemporaryFolder.create(Path.of(args[0])).path();
            Files.createDirectories(path.resolve("framework/bundle0"));
            Files.createSymbolicLink(path.resolve("framework/link"), Path.of(args[1]));
            System.out.println(path);
            Thread.sleep(TimeUnit.MINUTES.toMillis(10));
        }
    }

    @Test
    void foldersOfProcessesThatWereKilledAreDeletedAndNoOthers() throws Exception {
        Path precious = Files.createDirectory(parent.resolve("precious"));
        Files.writeString(precious.resolve("file"), "precious");
        Path control = Files.createDirectory(parent.resolve("sterna-deadbeef"));
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
            System.getProperty("java.class.path"), Other.class.getName(), parent.toString(), precious.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var mine = TemporaryFolder.create(parent); var alsoMine = TemporaryFolder.create(parent)) {
            Path folder = Path.of(other.inputReader().readLine());
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
            mine.deleteAbandoned();
            assertTrue(Files.exists(folder.resolve("framework/link")), "its process lives");
            other.destroyForcibly().waitFor();
            assertTrue(Files.exists(folder));
            mine.deleteAbandoned();
            assertFalse(Files.exists(folder));
            assertTrue(Files.isDirectory(mine.path()) && Files.isDirectory(alsoMine.path()));
            assertTrue(Files.isDirectory(control), "the folder of control sockets of a user with such a name");
            assertEquals("precious", Files.readString(precious.resolve("file")), "links are not followed");
        } finally {
            other.destroyForcibly();
        }
        try (var left = Files.list(parent)) {
            assertEquals(2, left.count(), "what is closed is deleted");
        }
    }
}
