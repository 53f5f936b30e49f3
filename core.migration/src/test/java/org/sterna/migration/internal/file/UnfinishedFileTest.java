package org.sterna.migration.internal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.host.FileUse;
import org.sterna.migration.internal.wire.Preamble;

/** A snapshot's file replaces a snapshot and nothing else, and is nobody else's to read or to write. */
class UnfinishedFileTest {
    @TempDir
    private Path folder;
    private Path target;
    private Path unfinished;

    @BeforeEach
    void names() {
        target = folder.resolve("guest.sterna");
        unfinished = folder.resolve("guest.sterna.unfinished");
    }

    private static ByteBuffer preamble() {
        return Preamble.file().encode().nioBuffer();
    }

    private UnfinishedFile create() throws IOException {
        return UnfinishedFile.create(target, "a snapshot of machine one");
    }

    private String refusal() {
        return assertThrows(IOException.class, () -> UnfinishedFile.create(target, "a snapshot of machine two")).getMessage();
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void onlyItsUserMayReadItFromTheBeginningOn() throws IOException {
        Files.writeString(target, "an earlier one that everybody may read");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-rw-rw-"));
        try (UnfinishedFile file = create()) {
            assertEquals("rw-------", mode(unfinished));
            file.channel().write(preamble());
            file.giveName();
        }
        assertEquals("rw-------", mode(target));
        assertEquals(Preamble.SIZE, Files.size(target));
        assertFalse(Files.exists(unfinished));
    }

    @Test
    void whatIsNotFinishedIsDeletedAndAnEarlierOneIsKept() throws IOException {
        Files.writeString(target, "an earlier one");
        try (UnfinishedFile file = create()) {
            file.channel().write(preamble());
        }
        assertEquals("an earlier one", Files.readString(target));
        assertFalse(Files.exists(unfinished));
        create().close();
    }

    @Test
    void ofTwoAtOnceTheSecondIsRefusedByWhateverPath() throws IOException {
        Files.writeString(target, "an earlier one");
        try (UnfinishedFile file = create()) {
            assertEquals("it is in use by a snapshot of machine one", refusal());
            Path hard = Files.createLink(folder.resolve("hard"), target);
            assertEquals("it is in use by a snapshot of machine one",
                assertThrows(IOException.class, () -> UnfinishedFile.create(hard, "two")).getMessage());
            assertEquals("it is in use by a snapshot of machine one",
                assertThrows(IOException.class, () -> UnfinishedFile.create(unfinished, "two")).getMessage());
            file.channel().write(preamble());
            file.giveName();
        }
        assertEquals(Preamble.SIZE, Files.size(target));
    }

    @Test
    void whatAKilledProcessHasLeftIsReplaced() throws IOException {
        Files.write(unfinished, preamble().array());
        Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-r--r--"));
        try (UnfinishedFile file = create()) {
            assertEquals("rw-------", mode(unfinished));
            assertEquals(0, file.channel().size());
        }
    }

    /** Another class loader's, as it were: the table of this process does not know of it. */
    @Test
    void whatIsLockedIsStillBeingWritten() throws IOException {
        try (FileChannel other = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            other.write(preamble());
            other.lock();
            assertEquals("guest.sterna.unfinished, under which it is written: another snapshot is being written there", refusal());
            assertEquals(Preamble.SIZE, other.size());
        }
    }

    @Test
    void anEmptyFileMayBeAboutToBeLocked() throws IOException {
        Files.createFile(unfinished);
        assertTrue(refusal().endsWith("another snapshot has just begun, or its process was killed as it began"),
            refusal());
        assertEquals("if no snapshot is under way, delete " + unfinished, remedy(target));
        assertTrue(Files.exists(unfinished));
    }

    private static String remedy(Path file) {
        return FileFault.remedy(file, assertThrows(IOException.class, () -> UnfinishedFile.create(file,
            "a snapshot of machine two")));
    }

    @Test
    void theRemedyFitsTheCause() throws IOException {
        Path missing = folder.resolve("nodir/guest.sterna");
        assertEquals("there is no folder " + folder.resolve("nodir"),
            assertThrows(IOException.class, () -> UnfinishedFile.create(missing, "one")).getMessage());
        assertEquals("make the folder, or name a file in one that there is", remedy(missing));
        Path below = Files.createFile(folder.resolve("file")).resolve("guest.sterna");
        assertEquals("this is no folder: " + folder.resolve("file"),
            assertThrows(IOException.class, () -> UnfinishedFile.create(below, "one")).getMessage());
        try (FileUse use = FileUse.of(target, "machine web (/disk@0.drive)")) {
            assertEquals("name another file", remedy(target));
        }
        try (FileChannel other = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            other.lock();
            assertEquals("name another file, or wait until that process has closed it", remedy(target));
        }
        try (FileChannel other = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE)) {
            other.write(preamble());
            other.lock();
            assertEquals("name another file, or wait until that snapshot has ended", remedy(target));
        }
        assertEquals("name another file", remedy(folder.resolve("x".repeat(300))));
    }

    @Test
    void theRemedyForWhatTheSystemSaysFitsToo() {
        assertEquals("name a file in a folder that this user may write to, or set the permissions of this one",
            FileFault.remedy(target, new AccessDeniedException(target.toString())));
        for (IOException full : List.of(new IOException("No space left on device"),
                new FileSystemException(target.toString(), null, "Disk quota exceeded"))) {
            assertEquals("make room on the disk of " + folder + ", or name a file on another one",
                FileFault.remedy(target, full));
        }
        assertEquals("look at the disk of " + folder + ", or name a file on another one",
            FileFault.remedy(target, new IOException("Input/output error")));
    }

    /** A guest's memory is read from a snapshot when it is touched, whatever name the file has by then. */
    @Test
    void whatAGuestsMemoryIsReadFromIsNotReplaced() throws IOException {
        Files.writeString(target, "a snapshot");
        String user = "machine web, whose memory is read from it";
        try (FileUse use = FileUse.ofContent(target, user)) {
            assertEquals("it is in use by " + user, refusal());
            Path moved = Files.move(target, folder.resolve("moved"));
            create().close();
            assertEquals("it is in use by " + user,
                assertThrows(IOException.class, () -> UnfinishedFile.create(moved, "two")).getMessage());
        }
    }

    @Test
    void anotherFileThatHasTheNameMeanwhileIsKept() throws IOException {
        Files.writeString(unfinished, "the novel that I have not finished");
        assertEquals("guest.sterna.unfinished, under which it is written: there is a file of this name, which was not left behind by a"
            + " snapshot", refusal());
        assertEquals("the novel that I have not finished", Files.readString(unfinished));
    }

    @Test
    void nothingIsWrittenThroughALinkOfTheNameMeanwhile() throws IOException {
        Path precious = Files.write(folder.resolve("precious"), preamble().array());
        Files.createSymbolicLink(unfinished, precious);
        assertEquals("guest.sterna.unfinished, under which it is written: there is a symbolic link of this name, and nothing but a"
            + " regular file is replaced", refusal());
        Files.delete(unfinished);
        Files.createLink(unfinished, precious);
        try (UnfinishedFile file = create()) {
            file.channel().write(ByteBuffer.wrap(new byte[1000]));
        }
        assertEquals(Preamble.SIZE, Files.size(precious));
    }

    @Test
    void aFileThatSomebodyElseHasLockedIsNotReplaced() throws IOException {
        try (FileChannel other = FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            other.lock();
            assertEquals("it is in use by another process", refusal());
        }
        assertFalse(Files.exists(unfinished));
        create().close();
    }

    @Test
    void itIsLookedAtAgainBeforeItIsReplaced() throws IOException {
        Path disk = Files.writeString(folder.resolve("disk"), "data");
        try (UnfinishedFile file = create()) {
            Files.createSymbolicLink(target, disk);
            assertThrows(IOException.class, file::giveName);
            Files.delete(target);
            Files.createLink(target, disk);
            try (FileUse use = FileUse.of(disk, "machine web (/disk@0.drive)")) {
                assertEquals("it is in use by machine web (/disk@0.drive)",
                    assertThrows(IOException.class, file::giveName).getMessage());
            }
        }
        assertEquals("data", Files.readString(target));
    }

    @Test
    void aFileThatWasPutInItsPlaceIsNotTakenForIt() throws IOException {
        try (UnfinishedFile file = create()) {
            Files.move(unfinished, folder.resolve("elsewhere"));
            Files.writeString(unfinished, "another");
            assertEquals("another file has been put in the place of guest.sterna.unfinished",
                assertThrows(IOException.class, file::giveName).getMessage());
        }
        assertEquals("another", Files.readString(unfinished));
        assertFalse(Files.exists(target));
    }
}
