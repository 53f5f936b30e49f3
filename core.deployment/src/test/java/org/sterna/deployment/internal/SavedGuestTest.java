package org.sterna.deployment.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.host.FileUse;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.RestoreOptions;

/** A guest goes on from its file once, whatever happens in between. */
class SavedGuestTest {
    private static final Machines MACHINES = Fakes.of(Machines.class, Map.of());

    @TempDir
    Path folder;
    private Path disk;
    private Path file;
    private Path resumed;
    private SavedGuest guest;
    private Machine machine;
    /** What is in the folder when the guest executes its first instruction. */
    private String atFirstInstruction = "it has not run";

    @BeforeEach
    void saved() throws IOException {
        disk = Files.createFile(folder.toRealPath().resolve("disk.img"));
        file = folder.resolve("guests/guest.sterna");
        resumed = folder.resolve("guests/guest.sterna.resumed");
        guest = new SavedGuest(file);
        machine = Fakes.machine(disk);
        guest.write(Fakes.of(Migrations.class, Map.of("snapshot", arguments -> {
            write((Path) arguments[1]);
            return completed();
        })), machine);
    }

    private static void write(Path path) {
        try {
            Files.writeString(path, "the guest");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static OutgoingMigration completed() {
        var status = new MigrationStatus(MigrationStatus.Phase.COMPLETED, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of());
        return Fakes.of(OutgoingMigration.class, Map.of("result", none -> CompletableFuture.completedFuture(status)));
    }

    private String files() {
        return (Files.exists(file) ? "saved " : "") + (Files.exists(resumed) ? "resumed" : "");
    }

    /** Restores as the engine does; what comes after {@code beforeRunning} may fail. */
    private Migrations restoring(Runnable resume) {
        Function<Object[], Object> restore = arguments -> {
            ((RestoreOptions) arguments[3]).beforeRunning().accept(machine);
            resume.run();
            atFirstInstruction = files();
            return machine;
        };
        return Fakes.of(Migrations.class, Map.of("restore", restore));
    }

    @Test
    void aGuestIsNotToBeSavedInPlaceOfAnythingElse() throws IOException {
        guest.requireFolder();
        try (FileUse use = FileUse.of(file, "machine web (/disk@0.drive)")) {
            refused("the guest cannot be saved in this file: it is in use by machine web (/disk@0.drive)");
        }
        Files.delete(file);
        guest.requireFolder();
        Files.createSymbolicLink(file, disk);
        refused("the guest cannot be saved in this file: there is a symbolic link of this name, and nothing but a regular file is"
            + " replaced");
    }

    private void refused(String cause) {
        assertEquals(cause, assertThrows(MachineException.class, guest::requireFolder).reasons().getFirst().cause());
    }

    @Test
    void aNoteIsNotWrittenThroughALinkNorInPlaceOfADisk() throws IOException {
        var note = new DurableFile(folder.resolve("note"));
        Path precious = Files.writeString(folder.resolve("precious"), "precious");
        Files.createLink(folder.resolve("note.unfinished"), precious);
        note.write("text");
        assertEquals("text", note.read());
        assertEquals("precious", Files.readString(precious));
        Files.createSymbolicLink(folder.resolve("note.unfinished"), precious);
        assertThrows(IOException.class, () -> note.write("other"));
        assertEquals("precious", Files.readString(precious));
        Files.delete(folder.resolve("note.unfinished"));
        try (FileUse use = FileUse.of(note.path(), "machine web (/disk@0.drive)")) {
            assertThrows(IOException.class, () -> note.write("other"));
        }
        assertEquals("text", note.read());
    }

    @Test
    void theOperatorsWordOnChangedDisksReachesTheRestore() {
        var given = new CompletableFuture<RestoreOptions>();
        Migrations restoring = Fakes.of(Migrations.class, Map.of("restore", arguments -> {
            given.complete((RestoreOptions) arguments[3]);
            return machine;
        }));
        guest.goOn(MACHINES, restoring, Fakes.DEFINITION, Set.of("/virtio-blk@0.drive"));
        assertEquals(Set.of("/virtio-blk@0.drive"), given.join().acceptChanged());
    }

    @Test
    void theFileIsRetiredBeforeTheFirstInstruction() {
        assertTrue(guest.exists());
        assertSame(machine, guest.goOn(MACHINES, restoring(() -> { }), Fakes.DEFINITION, Set.of()));
        assertEquals("resumed", atFirstInstruction);
        guest.forget(machine);
        assertEquals("", files());
        assertFalse(guest.isInterrupted());
        guest.requireUnsavedDisks(machine);
    }

    @Test
    void theFileStaysIfTheGuestCannotBeRestored() {
        var refusal = MachineException.failed("/disk@0", "drive", "there is no such file", "");
        Migrations refusing = Fakes.of(Migrations.class, Map.of("restore", arguments -> {
            throw refusal;
        }));
        var thrown = assertThrows(MachineException.class, () -> guest.goOn(MACHINES, refusing, Fakes.DEFINITION, Set.of()));
        assertEquals(refusal.reasons().getFirst(), thrown.reasons().getFirst());
        assertEquals(file.toString(), thrown.reasons().getLast().subject());
        assertEquals("saved ", files());
    }

    @Test
    void theFileIsBackIfTheGuestCouldNotRunAfterAll() {
        for (RuntimeException failure : List.of(MachineException.failed("/disk@0", "", "its bundle has gone", ""),
                new IllegalStateException("cannot resume"))) {
            Migrations failing = restoring(() -> {
                throw failure;
            });
            assertThrows(failure.getClass(), () -> guest.goOn(MACHINES, failing, Fakes.DEFINITION, Set.of()));
            assertEquals("saved ", files());
            assertFalse(guest.isInterrupted());
        }
        assertThrows(MachineException.class, () -> guest.requireUnsavedDisks(machine));
    }

    @Test
    void theGuestDoesNotRunIfItsFileCannotBeRetired() throws IOException {
        Files.createDirectories(resumed.resolve("full"));
        var thrown = assertThrows(MachineException.class,
            () -> guest.goOn(MACHINES, restoring(() -> { }), Fakes.DEFINITION, Set.of()));
        assertTrue(thrown.reasons().getFirst().cause().contains("cannot be renamed"), thrown.getMessage());
        assertEquals("it has not run", atFirstInstruction);
        assertTrue(guest.exists());
    }

    /** The process ends between the first instruction and the end of what was saved. */
    @Test
    void aGuestThatHadGoneOnDoesNotGoOnAgain() {
        guest.goOn(MACHINES, restoring(() -> { }), Fakes.DEFINITION, Set.of());
        var next = new SavedGuest(file);
        assertFalse(next.exists());
        assertTrue(next.isInterrupted());
        next.requireUnsavedDisks(machine);
        next.forget(machine);
        assertEquals("", files());
        assertFalse(next.isInterrupted());
    }

    @Test
    void noOtherFileIsUsedWhileAGuestWaits() {
        var other = new SavedGuest(folder.resolve("elsewhere/guest.sterna"));
        var thrown = assertThrows(MachineException.class, () -> guest.requireStays(other));
        assertEquals(file.toString(), thrown.reasons().getFirst().subject());
        guest.requireStays(new SavedGuest(file));
        other.requireStays(guest);
        assertThrows(MachineException.class, () -> other.requireUnsavedDisks(machine));
    }

    @Test
    void aFolderThatCannotBeMadeIsSaidBeforeAGuestIsBooted() throws IOException {
        Files.createFile(folder.resolve("occupied"));
        var thrown = assertThrows(MachineException.class,
            () -> new SavedGuest(folder.resolve("occupied/guests/guest.sterna")).requireFolder());
        assertTrue(thrown.getMessage().contains("cannot be made"), thrown.getMessage());
    }
}
