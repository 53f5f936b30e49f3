package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.migration.Migrations;
import org.sterna.migration.SnapshotOptions;

/**
 * The file that keeps a guest which was handed over to a destination that has not confirmed that it runs. It may be the
 * only copy of the guest, or a second one. So the guest does not go on from this file, and no other guest is booted or waited
 * for, until somebody has looked at the destination: then either this file is deleted, or it gets the name of the
 * {@linkplain SavedGuest saved guest}.
 *
 * @param file  its path
 * @param saved the name that it gets if the guest does not run at the destination
 */
record UnconfirmedGuest(DurableFile file, Path saved) {
    private static final SnapshotOptions OPTIONS = SnapshotOptions.DEFAULT.withHandedOver();

    /** Whether a guest is kept in it. */
    boolean exists() {
        return file.exists();
    }

    /** Whether the guest of a machine was handed over to a destination that has not confirmed that it runs. */
    static boolean isHandedOver(Machine machine) {
        return machine.phase() == Phase.PAUSED && machine.ownership().isHandedOver();
    }

    /**
     * Writes the guest of a machine; when this returns it is on the disk.
     *
     * @throws MachineException if it cannot be written
     */
    void write(Migrations migrations, Machine machine) {
        try {
            file.createFolder();
        } catch (IOException e) {
            throw MachineException.failed(file.path().getParent().toString(), "", "the folder of saved guests cannot be made: "
                + Reason.causeOf(e), "set snapshots to another folder, or the framework's property org.sterna.snapshots");
        }
        new FinalSnapshot(migrations, machine).write(file.path(), OPTIONS);
    }

    /** That somebody has to decide, for people. */
    Reason reason(Optional<String> target) {
        return Reason.of("", "its guest was handed over" + target.map(where -> " to " + where).orElse("")
            + ", the destination has not confirmed that it runs there, and it is kept in " + file.path(),
            "look at the destination: if the guest runs there, delete that file; only if it does not, rename the file"
                + " to " + saved.getFileName() + ", and the guest goes on here within a minute");
    }
}
