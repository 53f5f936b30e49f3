package org.sterna.machine.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may be replaced: a regular file that nobody uses, by whatever path. */
@Timeout(30)
class FileUseTest {
    private static final String USER = "machine web (/disk@0.drive)";

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void aFile() throws IOException {
        file = Files.writeString(folder.resolve("file"), "text");
    }

    private static void refused(String cause, Path path) {
        assertEquals(cause, assertThrows(IOException.class, () -> FileUse.requireReplaceable(path), path.toString()).getMessage());
    }

    private static void used(Path path) {
        refused("it is in use by " + USER, path);
    }

    private static void notRegular(String kind, Path path) {
        refused("there is " + kind + " of this name, and nothing but a regular file is replaced", path);
    }

    @Test
    void aRegularFileOrANewNameMayBeReplaced() throws IOException {
        FileUse.requireReplaceable(file);
        FileUse.requireReplaceable(folder.resolve("new"));
        FileUse.requireReplaceable(Path.of("a-new-name-in-the-working-folder"));
    }

    @Test
    void nothingElseIsReplaced() throws Exception {
        notRegular("a folder", folder);
        notRegular("a device", Path.of("/dev/null"));
        notRegular("a symbolic link", Files.createSymbolicLink(folder.resolve("link"), file));
        notRegular("a symbolic link", Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("nothing")));
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        notRegular("a FIFO", pipe);
        Path socket = folder.resolve("sock");
        try (var listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket))) {
            notRegular("a socket", socket);
        }
    }

    @Test
    void aFileInUseIsFoundByEveryName() throws IOException {
        Path hard = Files.createLink(folder.resolve("hard"), file);
        Path linkedFolder = Files.createSymbolicLink(folder.resolve("folder"), folder);
        try (FileUse use = FileUse.of(file, USER)) {
            used(file);
            used(hard);
            used(linkedFolder.resolve("file"));
            used(linkedFolder.resolve("folder/../" + folder.getFileName() + "/hard"));
            FileUse.requireReplaceable(folder.resolve("another"));
        }
        FileUse.requireReplaceable(file);
        FileUse.requireReplaceable(hard);
    }

    @Test
    void theLinkByWhichAFileIsUsedLeadsToIt() throws IOException {
        try (FileUse use = FileUse.of(Files.createSymbolicLink(folder.resolve("link"), file), USER)) {
            used(file);
        }
    }

    @Test
    void aFileInUseIsFoundAfterItWasRenamedAndItsNameIsKeptForIt() throws IOException {
        Path renamed = folder.resolve("renamed");
        try (FileUse use = FileUse.of(file, USER)) {
            Files.move(file, renamed);
            used(renamed);
            used(file);
            Files.writeString(file, "another file");
            used(file);
        }
    }

    @Test
    void oneAtATimeReplacesAFile() throws IOException {
        Path target = folder.resolve("new");
        try (FileUse first = FileUse.replacing(target, USER)) {
            used(target);
            first.requireReplaceable();
            Files.createSymbolicLink(target, file);
            assertThrows(IOException.class, first::requireReplaceable, "it has become something else meanwhile");
            Files.delete(target);
            Files.createLink(target, file);
            first.requireReplaceable();
            try (FileUse second = FileUse.of(file, "machine db (/disk@0.drive)")) {
                assertEquals("it is in use by machine db (/disk@0.drive)",
                    assertThrows(IOException.class, first::requireReplaceable).getMessage());
            }
        }
        FileUse.requireReplaceable(target);
    }
}
