package org.sterna.launcher.internal.command;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sterna.launcher.internal.Lifetime;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.MachineControl;
import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.SnapshotOptions;

/**
 * A machine of this process until its stay ends, or the process does. However that comes about, a guest that was handed
 * over to a destination which has not confirmed it is kept in a file, since it may be the only copy.
 */
final class HostedMachine implements AutoCloseable {
    /** Longer than a source waits for the answer of a destination that is alive. */
    private static final Duration PATIENCE = Duration.ofSeconds(70);
    private static final int MOST_FILES = 1000;

    private final Services services;
    private final MachineControl control;
    private final Machine machine;
    private boolean closed;

    /** A machine that is closed at the latest when the process ends. */
    HostedMachine(Services services, MachineControl control, Machine machine) {
        this.services = services;
        this.control = control;
        this.machine = machine;
    }

    /** The machine. */
    Machine machine() {
        return machine;
    }

    /** Closes the machine, once; what its guest was is kept if that may be the only copy. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        boolean told = services.lifetime().isToldToEnd();
        if (told) {
            control.tellProcessEnds();
        }
        try {
            endStay(told);
        } finally {
            if (told && hasGuest()) {
                machine.explain("its process was told to end");
            }
            machine.close();
        }
    }

    /** Until the guest is kept, if it has to be, the process must not end: also not while a hand-over is awaited. */
    private void endStay(boolean told) {
        try (Lifetime.Delay delay = services.lifetime().delayEnd()) {
            endMigration();
            control.settle(machine, MachineControl.End.QUIT);
            if (isUnconfirmed() && !control.isGivenUp()) {
                keep();
            } else if (told && hasGuest()) {
                say("the guest of machine " + machine.name() + " ends with this process");
            }
        }
    }

    private boolean hasGuest() {
        Phase phase = machine.phase();
        return (phase == Phase.RUNNING || phase == Phase.PAUSED) && !machine.ownership().isHandedOver();
    }

    private boolean isUnconfirmed() {
        return machine.phase() == Phase.PAUSED && machine.ownership().isHandedOver() && services.migrations()
            .outgoing(machine).filter(last -> last.kind() == Operation.Kind.MIGRATION
                && last.status().phase() == MigrationStatus.Phase.COMPLETED).isEmpty();
    }

    /** Gives a migration or snapshot up; one that has handed the guest over already is waited for. */
    private void endMigration() {
        services.migrations().outgoing(machine).filter(other -> !other.result().isDone() && !other.cancel())
            .ifPresent(this::await);
    }

    private void await(OutgoingMigration other) {
        try {
            other.result().get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // How the guest stands is looked at next.
        }
    }

    private void keep() {
        String which = "the guest of machine " + machine.name();
        String why = machine.why();
        say(which + " was handed over and is not confirmed, so that this may be the only copy: it is written into a"
            + " file");
        try {
            Path file = write();
            say(which + " is kept in " + file + ": " + why);
            say("look at the destination: if the guest runs there, delete the file; only if it does not, let it go on"
                + " here with ./sterna restore " + file);
        } catch (IOException | RuntimeException e) {
            // The message of a refusal is all of its reasons.
            say(which + " is lost, since it cannot be kept: " + Reason.causeOf(e));
        }
    }

    private Path write() throws IOException {
        Files.createDirectories(services.guests(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = reserved();
        boolean written = false;
        try {
            MigrationStatus status = services.migrations()
                .snapshot(machine, file, SnapshotOptions.DEFAULT.withHandedOver().withPatience(PATIENCE)).result().join();
            if (status.phase() != MigrationStatus.Phase.COMPLETED) {
                throw new MachineException(MachineException.Kind.FAILED, status.reasons());
            }
            written = true;
            return file;
        } finally {
            if (!written) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** An empty file of a name that no other guest has that is kept; other processes may keep theirs at the same time. */
    private Path reserved() throws IOException {
        for (int number = 1; number <= MOST_FILES; number++) {
            String name = machine.name() + (number == 1 ? "" : "-" + number) + ".unconfirmed.sterna";
            try {
                return Files.createFile(services.guests().resolve(name),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } catch (FileAlreadyExistsException e) {
                // The next number.
            }
        }
        throw new IOException("there are too many guests in " + services.guests());
    }

    /** On standard error itself: when the process ends, nothing else may be read any more. */
    private void say(String line) {
        services.err().println("sterna: " + line);
    }
}
