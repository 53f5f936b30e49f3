package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.SnapshotOptions;

/** The file in which a guest waits for the framework's next start. */
record SavedGuest(Path file) {
    private static final SnapshotOptions STOP =
        new SnapshotOptions(SnapshotOptions.DEFAULT.downtimeLimit(), SnapshotOptions.DEFAULT.bandwidth(), true);

    /** Whether a guest waits in it. */
    boolean exists() {
        return Files.exists(file);
    }

    /**
     * Writes a guest that has begun and not ended, and leaves it paused.
     *
     * @throws MachineException if it cannot be written; the guest goes on
     */
    void write(Migrations migrations, Machine machine) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw MachineException.failed(file.toString(), "", "its folder cannot be made: " + e.getMessage(), "");
        }
        MigrationStatus status = migrations.snapshot(machine, file, STOP).result().join();
        if (status.phase() != MigrationStatus.Phase.COMPLETED) {
            throw new MachineException(MachineException.Kind.FAILED, status.reasons());
        }
    }

    /**
     * Has the guest go on, with the host properties of a definition. The file is gone then: its disks move on, so that it would
     * be wrong to start from it a second time.
     *
     * @throws MachineException if it cannot go on here; the file stays
     */
    Machine read(Machines machines, Migrations migrations, MachineDefinition definition) {
        Machine machine;
        try {
            machine = migrations.restore(file, definition.name(), new HostProperties(machines, definition));
        } catch (MachineException e) {
            var reasons = new ArrayList<>(e.reasons());
            reasons.add(Reason.of(file.toString(), "the guest waits in it",
                "set right what is said, or delete the file and change the configuration to boot a new guest"));
            throw new MachineException(e.kind(), reasons, e);
        }
        try {
            Files.delete(file);
        } catch (IOException e) {
            machine.close();
            throw MachineException.failed(file.toString(), "", "it cannot be deleted, so its guest might start a second time: "
                + e.getMessage(), "set its folder's permissions right");
        }
        return machine;
    }
}
