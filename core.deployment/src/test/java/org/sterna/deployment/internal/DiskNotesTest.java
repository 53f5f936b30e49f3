package org.sterna.deployment.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.lease.Resource;

/** What stands beside the disks of a saved guest, and what it is good for. */
class DiskNotesTest {
    @TempDir
    Path folder;
    private Path disk;
    private Path saved;

    @BeforeEach
    void files() throws IOException {
        disk = Files.createFile(folder.toRealPath().resolve("disk.img"));
        saved = Files.createFile(Files.createDirectory(folder.resolve("guests")).resolve("guest.sterna"));
    }

    private static MachineException refused(Machine machine) {
        return assertThrows(MachineException.class, () -> DiskNotes.of(machine).requireNone());
    }

    @Test
    void noOtherGuestIsBootedOnTheDiskOfASavedOne() {
        DiskNotes.of(Fakes.machine(disk)).requireNone();
        DiskNotes.of(Fakes.machine(disk)).write(saved);
        var reason = refused(Fakes.machine(disk)).reasons().getFirst();
        assertEquals(disk.toString(), reason.subject());
        assertTrue(reason.cause().contains("was saved in " + saved), reason.toString());
        assertTrue(reason.remedy().contains("set snapshots to " + saved.getParent() + " and name to guest"), reason.toString());
        assertTrue(reason.remedy().contains(disk + ".saved"), reason.toString());
        DiskNotes.of(Fakes.machine(disk)).delete(saved);
        DiskNotes.of(Fakes.machine(disk)).requireNone();
    }

    @Test
    void aSavedGuestThatIsNotThereIsNotForgotten() throws IOException {
        DiskNotes.of(Fakes.machine(disk)).write(saved);
        Files.delete(saved);
        var reason = refused(Fakes.machine(disk)).reasons().getFirst();
        assertTrue(reason.cause().contains("is not there"), reason.toString());
    }

    @Test
    void theNoteOfAnotherGuestStays() {
        DiskNotes.of(Fakes.machine(disk)).write(saved);
        DiskNotes.of(Fakes.machine(disk)).delete(folder.resolve("other.sterna"));
        refused(Fakes.machine(disk));
    }

    @Test
    void onlyFilesThatAMachineHasForItselfAloneHaveNotes() throws IOException {
        var shared = new Resource("/disk@0", "drive", disk.toUri(), false);
        var device = new Resource("/disk@1", "drive", Path.of("/dev/null").toUri(), true);
        var elsewhere = new Resource("/disk@2", "drive", java.net.URI.create("nbd://host/disk"), true);
        Machine machine = Fakes.of(Machine.class, Map.of("name", none -> "guest",
            "claims", none -> List.of(shared, device, elsewhere)));
        DiskNotes.of(machine).write(saved);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.filter(file -> file.toString().endsWith(".saved")).toList());
        }
        assertFalse(Files.exists(Path.of("/dev/null.saved")));
    }

    @Test
    void aFolderThatTakesNoNoteDoesNotKeepAGuestFromBeingSaved() throws IOException {
        Files.createDirectories(folder.resolve("disk.img.saved.unfinished/full"));
        DiskNotes.of(Fakes.machine(disk)).write(saved);
        DiskNotes.of(Fakes.machine(disk)).requireNone();
    }
}
