package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileUse;
import org.sterna.migration.Migrations;
import org.sterna.migration.RestoreOptions;
import org.sterna.migration.SnapshotOptions;

/**
 * The file in which a guest waits for the framework's next start. A guest goes on from it once, since its disks move on: before
 * its first instruction the file gets the name of a {@linkplain #resumed guest that goes on}, durably, and loses that one too
 * when the guest runs. Whatever a crash leaves behind, the next start finds out of it what to do:
 *
 * <table>
 * <caption>what is left after a crash</caption>
 * <tr><th>files</th><th>when</th><th>next start</th></tr>
 * <tr><td>{@code NAME.sterna}</td><td>saved, and the guest has not run since</td><td>it goes on</td></tr>
 * <tr><td>{@code NAME.sterna.resumed}</td><td>about to run, or has just begun to</td><td>as after a power failure</td></tr>
 * <tr><td>neither</td><td>it ran</td><td>as after a power failure</td></tr>
 * </table>
 *
 * @param file its path
 */
record SavedGuest(Path file) {
    private static final SnapshotOptions STOP =
        new SnapshotOptions(SnapshotOptions.DEFAULT.downtimeLimit(), SnapshotOptions.DEFAULT.bandwidth(), true);
    private static final Logger LOG = LoggerFactory.getLogger(SavedGuest.class);

    /** Whether a guest waits in it. */
    boolean exists() {
        return Files.exists(file);
    }

    /**
     * Makes sure that a guest can be saved when the time comes.
     *
     * @throws MachineException if the folder cannot be made or written, or there is something else than a guest's file
     */
    void requireFolder() {
        Path folder = file.toAbsolutePath().getParent();
        try {
            new DurableFile(file).createFolder();
        } catch (IOException e) {
            throw MachineException.failed(folder.toString(), "", "the folder of saved guests cannot be made: " + Reason.causeOf(e),
                "set snapshots to another folder, or the framework's property org.sterna.snapshots");
        }
        if (!Files.isWritable(folder)) {
            throw MachineException.failed(folder.toString(), "", "guests cannot be saved in this folder: it must not be written",
                "set its permissions right, set snapshots to another folder, or the framework's property org.sterna.snapshots");
        }
        try {
            FileUse.requireReplaceable(file);
        } catch (IOException e) {
            throw MachineException.failed(file.toString(), "",
                "the guest cannot be saved in this file: " + Reason.causeOf(e),
                "move away what is there, set snapshots to another folder, or the framework's property org.sterna.snapshots");
        }
    }

    /**
     * Makes sure that a guest that waits is not forgotten for another file.
     *
     * @throws MachineException if one waits here and the other file is not this one
     */
    void requireStays(SavedGuest other) {
        requireStays(file, other.file);
        requireStays(unconfirmed().file().path(), other.unconfirmed().file().path());
    }

    private static void requireStays(Path old, Path changed) {
        if (!changed.equals(old) && Files.exists(old) && !Files.exists(changed)) {
            throw MachineException.failed(old.toString(), "",
                "the guest waits in this file, and the configuration names " + changed,
                "move the file there, or set snapshots back");
        }
    }

    /**
     * Writes a guest that has begun and not ended, and leaves it paused.
     *
     * @throws MachineException if it cannot be written; the guest goes on
     */
    void write(Migrations migrations, Machine machine) {
        requireFolder();
        new FinalSnapshot(migrations, machine).write(file, STOP);
        DiskNotes.of(machine).write(file);
    }

    /**
     * Has the guest go on, with the host properties of a definition.
     *
     * @param changed the host resources that may have changed meanwhile, each as {@code /path.property}
     * @throws MachineException if it cannot go on here; the file stays
     */
    Machine goOn(Machines machines, Migrations migrations, MachineDefinition definition, Set<String> changed) {
        boolean runs = false;
        try {
            Machine machine = migrations.restore(file, definition.name(), new HostProperties(machines, definition),
                RestoreOptions.DEFAULT.withAcceptChanged(changed).withBeforeRunning(restored -> retire()));
            runs = true;
            return machine;
        } catch (MachineException e) {
            var reasons = new ArrayList<>(e.reasons());
            reasons.add(Reason.of(file.toString(), "the guest waits in it",
                "set right what is said; or, to give the guest up, delete the file"));
            throw new MachineException(e.kind(), reasons, e);
        } finally {
            if (!runs) {
                takeBack();
            }
        }
    }

    /** Where the guest is kept if it was handed over and nobody knows whether it runs at the destination. */
    UnconfirmedGuest unconfirmed() {
        return new UnconfirmedGuest(new DurableFile(file.resolveSibling(file.getFileName() + ".unconfirmed")), file);
    }

    private DurableFile resumed() {
        return new DurableFile(file.resolveSibling(file.getFileName() + ".resumed"));
    }

    private void retire() {
        try {
            new DurableFile(file).rename(resumed());
        } catch (IOException e) {
            throw MachineException.failed(file.toString(), "", "it cannot be renamed, so its guest might go on from it a second time: "
                + Reason.causeOf(e), "set its folder's permissions right");
        }
    }

    /** The guest has not run after all. */
    private void takeBack() {
        try {
            if (resumed().exists() && !exists()) {
                resumed().rename(new DurableFile(file));
            }
        } catch (IOException e) {
            LOG.error("the guest in {} has not run; to have it go on, rename that file to {}: {}", resumed().path(), file,
                Reason.causeOf(e));
        }
    }

    /**
     * Whether a guest was about to go on, or had just begun to, when its process ended. It has to be taken for one that ran: its
     * disks may have moved on.
     */
    boolean isInterrupted() {
        return !exists() && resumed().exists();
    }

    /** Forgets what was saved, now that the machine's guest runs. */
    void forget(Machine machine) {
        DiskNotes.of(machine).delete(file);
        try {
            resumed().delete();
        } catch (IOException e) {
            LOG.warn("{} cannot be deleted: {}; its guest has gone on", resumed().path(), Reason.causeOf(e));
        }
    }

    /**
     * Refuses to boot another guest on disks that a saved guest needs.
     *
     * @throws MachineException if a guest that uses one of them was saved, in whatever file
     */
    void requireUnsavedDisks(Machine machine) {
        var notes = DiskNotes.of(machine);
        if (isInterrupted()) {
            LOG.warn("machine {}: its guest had just gone on from {} when the process ended; a new one is booted", machine.name(),
                file);
            notes.delete(file);
        }
        notes.requireNone();
    }
}
