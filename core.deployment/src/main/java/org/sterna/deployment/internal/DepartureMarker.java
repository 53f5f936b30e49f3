package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;

/**
 * That the guest of a configuration has been given away, in a file, so that no start of the framework boots another one on the
 * same disks. It outlives the configuration too, since a front end may make that again from a file of its own.
 */
record DepartureMarker(Path file) {
    /** Whether the guest has been given away. */
    boolean exists() {
        return Files.exists(file);
    }

    /**
     * Writes it down; when this returns it is on the disk.
     *
     * @throws MachineException if that cannot be done
     */
    void write(Endpoint target) {
        try {
            write(target + " on " + Instant.now().truncatedTo(ChronoUnit.SECONDS));
        } catch (IOException e) {
            throw failed("it cannot be written down here that the guest leaves, so it stays", e);
        }
    }

    private void write(String where) throws IOException {
        Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, where, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE,
            StandardOpenOption.DSYNC);
        // The name too.
        try (var names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    /** The guest is here. */
    void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failed("it cannot be deleted, though the guest is here", e);
        }
    }

    /** Another file in place of this one, if there is anything to write. */
    void moveTo(DepartureMarker other) {
        if (!equals(other) && exists()) {
            try {
                other.write(text());
                Files.delete(file);
            } catch (IOException e) {
                throw other.failed("it cannot be written down here that the guest has left", e);
            }
        }
    }

    private MachineException failed(String what, IOException e) {
        return MachineException.failed(file.toString(), "", what + ": " + e.getMessage(), "see that its folder can be written");
    }

    private String text() throws IOException {
        return Files.readString(file);
    }

    /** It, for people. */
    Reason reason() {
        String where;
        try {
            where = text();
        } catch (IOException e) {
            where = "somewhere (" + e.getMessage() + ")";
        }
        return Reason.of("", "its guest has gone to " + where, "delete the configuration; or give it receive, so that the guest"
            + " can come back; or delete " + file + " and change the configuration to boot a new guest");
    }
}
