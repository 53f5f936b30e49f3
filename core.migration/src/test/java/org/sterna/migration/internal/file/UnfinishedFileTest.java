package org.sterna.migration.internal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
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
        assertTrue(refusal().endsWith("if none is under way, delete that file"), refusal());
        assertTrue(Files.exists(unfinished));
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
