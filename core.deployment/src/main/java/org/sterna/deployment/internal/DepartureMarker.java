package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;

/**
 * That the guest of a configuration has been given away, in a file, so that no start of the framework boots another one on the
 * same disks. It outlives the configuration too, since a front end may make that again from a file of its own.
 */
record DepartureMarker(DurableFile file) {
    /** The note in a file. */
    DepartureMarker(Path file) {
        this(new DurableFile(file));
    }

    /** Whether the guest has been given away. */
    boolean exists() {
        return file.exists();
    }

    /**
     * Writes it down; when this returns it is on the disk.
     *
     * @throws MachineException if that cannot be done
     */
    void write(Endpoint target) {
        try {
            file.write(target + " on " + Instant.now().truncatedTo(ChronoUnit.SECONDS));
        } catch (IOException e) {
            throw failed("it cannot be written down here that the guest leaves, so it stays", e);
        }
    }

    /** The guest is here. */
    void forget() {
        try {
            file.delete();
        } catch (IOException e) {
            throw failed("it cannot be deleted, though the guest is here", e);
        }
    }

    /** Another file in place of this one, if there is anything to write. */
    void moveTo(DepartureMarker other) {
        if (!equals(other) && exists()) {
            try {
                other.file.write(file.read());
                file.delete();
            } catch (IOException e) {
                throw other.failed("it cannot be written down here that the guest has left", e);
            }
        }
    }

    private MachineException failed(String what, IOException e) {
        return MachineException.failed(file.path().toString(), "", what + ": " + Reason.causeOf(e), "see that its folder can be written");
    }

    /** Where the guest has gone and when, for people; empty if it has not been given away. */
    Optional<String> target() {
        try {
            return exists() ? Optional.of(file.read()) : Optional.empty();
        } catch (IOException e) {
            return Optional.of("somewhere (" + Reason.causeOf(e) + ")");
        }
    }

    /** It, for people. */
    Reason reason() {
        return Reason.of("", "its guest has gone to " + target().orElse("somewhere"),
            "delete the configuration; or give it receive, so that the guest can come back; or delete " + file.path()
                + " and change the configuration to boot a new guest");
    }
}
