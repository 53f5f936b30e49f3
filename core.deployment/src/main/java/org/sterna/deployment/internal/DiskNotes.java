package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.lease.Resource;

/**
 * Notes beside the disks of a machine whose guest has been saved. The memory of a saved guest fits its disks only as long as
 * nobody writes to them, and whoever is about to boot another guest on such a disk may look for the saved one in another
 * folder, or under another name. So each disk {@code DISK} that is a file has a note {@code DISK.saved} while a guest that uses
 * it is saved: the file with that guest, and what to do.
 *
 * <p>A block device has no note, nor has a disk whose folder this user must not write.
 */
final class DiskNotes {
    private static final String SUFFIX = ".saved";
    private static final Logger LOG = LoggerFactory.getLogger(DiskNotes.class);

    private final String machine;
    private final Set<Path> disks = new LinkedHashSet<>();

    private DiskNotes(String machine) {
        this.machine = machine;
    }

    /** The notes of a machine: of all files that it claims for itself alone. */
    static DiskNotes of(Machine machine) {
        var notes = new DiskNotes(machine.name());
        for (Resource resource : machine.claims()) {
            if (resource.exclusive() && "file".equals(resource.name().getScheme())) {
                Path disk = Path.of(resource.name());
                if (Files.isRegularFile(disk)) {
                    notes.disks.add(disk);
                }
            }
        }
        return notes;
    }

    private static DurableFile note(Path disk) {
        return new DurableFile(disk.resolveSibling(disk.getFileName() + SUFFIX));
    }

    /** Writes that the guest has been saved in a file. */
    void write(Path saved) {
        String text = saved.toAbsolutePath() + "\nThe guest of machine " + machine + " was saved in that file on "
            + Instant.now().truncatedTo(ChronoUnit.SECONDS) + ". Its memory fits this disk as it is now:\nwhoever writes to the disk"
            + " makes the saved guest useless. To give the guest up, delete that file and this one.\n";
        for (Path disk : disks) {
            try {
                note(disk).write(text);
            } catch (IOException e) {
                LOG.debug("no note can be written for {}", disk, e);
            }
        }
    }

    /** Deletes the notes that name a file. */
    void delete(Path saved) {
        for (Path disk : disks) {
            try {
                if (saved.toAbsolutePath().equals(named(disk))) {
                    note(disk).delete();
                }
            } catch (IOException e) {
                LOG.warn("{} cannot be deleted: {}; it says that a guest is saved that runs", note(disk).path(),
                    Reason.causeOf(e));
            }
        }
    }

    /**
     * Refuses that another guest is booted on these disks.
     *
     * @throws MachineException if there is a note, with each disk
     */
    void requireNone() {
        var reasons = new ArrayList<Reason>();
        for (Path disk : disks) {
            try {
                if (note(disk).exists()) {
                    reasons.add(reason(disk, named(disk)));
                }
            } catch (IOException e) {
                reasons.add(Reason.of(disk.toString(), note(disk).path() + " says that a guest that uses it was saved, and cannot"
                    + " be read: " + Reason.causeOf(e), "set its permissions right"));
            }
        }
        if (!reasons.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, List.copyOf(reasons));
        }
    }

    private static Reason reason(Path disk, Path saved) {
        String giveUp = "to give the saved guest up, delete " + note(disk).path();
        return Files.exists(saved)
            ? Reason.of(disk.toString(), "the guest that uses it was saved in " + saved + "; another guest would make that one"
                + " useless", "have the saved one go on: set snapshots to " + saved.getParent() + " and name to "
                    + saved.getFileName().toString().replaceAll("\\.sterna$", "") + "; or, " + giveUp)
            : Reason.of(disk.toString(), "the guest that uses it was saved in " + saved + ", which is not there",
                "find that file and put it back; or, " + giveUp);
    }

    /** The file that the note of a disk names; null if there is no note. */
    private static Path named(Path disk) throws IOException {
        DurableFile note = note(disk);
        return note.exists() ? Path.of(note.read().lines().findFirst().orElse("").strip()) : null;
    }
}
