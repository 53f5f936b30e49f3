package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.util.Optional;
import org.sterna.machine.MachineException;
import org.sterna.machine.device.DeviceContext;

/**
 * Keeps a guest from files that are no raw disk, unless the user says that they are one.
 *
 * <p>A disk that a guest has used is raw, whatever it looks like later: a guest that writes the header of another format into
 * it must not keep itself from being migrated or restored. Once that has happened the property {@code format} is settled as
 * {@code raw}, for whoever goes on with the guest.
 */
final class FormatGuard {
    private final DeviceContext context;
    private final BlockSettings settings;
    private volatile boolean known;

    FormatGuard(DeviceContext context, BlockSettings settings) {
        this.context = context;
        this.settings = settings;
        this.known = !settings.formatIsOpen();
    }

    /** Whether the disk is raw, whatever it looks like. */
    boolean known() {
        return known;
    }

    /** The guest of this device has had the disk before. */
    void know() {
        known = true;
    }

    /**
     * Checks a file that may not be raw.
     *
     * @param looksLike the format that the file looks like, if any
     * @throws MachineException if it looks like another format
     */
    void require(Optional<DiskFormat> looksLike) {
        if (!known && looksLike.isPresent()) {
            throw DiskFile.refused(context.path(), settings.drive(), "looks like " + looksLike.get().description()
                + ", not like a raw disk", looksLike.get().remedy());
        }
    }

    /**
     * Lets the guest have a file.
     *
     * @param looksLike the format that the file looks like, if any
     * @throws MachineException if it looks like another format and was never the guest's
     */
    void attach(Optional<DiskFormat> looksLike) {
        require(looksLike);
        settle(looksLike);
    }

    private void settle(Optional<DiskFormat> looksLike) {
        if (looksLike.isPresent() && settings.formatIsOpen()) {
            context.settle(BlockProperties.FORMAT, BlockProperties.RAW);
        }
    }

    /** The guest has changed a range of the disk; any thread. */
    void changed(DiskFile disk, long position, long length) throws IOException {
        if (settings.formatIsOpen() && disk.isAtEnd(position, length)) {
            settle(disk.looksLike());
        }
    }
}
