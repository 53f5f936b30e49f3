package org.sterna.migration;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.sterna.machine.Machine;

/**
 * How a machine is made from a snapshot.
 *
 * @param beforeRunning called once, on the thread that restores, when the machine is whole, attached and paused, and its guest
 *                      has not executed any instruction. What must be on the disk before the guest runs is written here. An
 *                      exception keeps the guest from running: the machine is closed, and the exception is thrown by
 *                      {@link Migrations#restore(java.nio.file.Path, String, java.util.Map, RestoreOptions)}. It is also called
 *                      for a guest that was paused when it was saved.
 * @param acceptChanged the host resources whose content may be another one than when the guest was saved, each as
 *                      {@code /path.property}, such as {@code /virtio-blk@0.drive}: a guest that goes on with a disk that has moved
 *                      on meanwhile may destroy what is on it, and is refused otherwise. One whose content the snapshot
 *                      does not record is refused as a mistake of the caller
 * @param allowedPaths  the folders that the files must lie in which the host properties in the snapshot name and that are not mapped;
 *                      empty if a file may be used wherever it is, which is for snapshots whose origin is known: the host properties
 *                      in a file name what is read and written here
 * @since 1.5
 */
public record RestoreOptions(Consumer<Machine> beforeRunning, Set<String> acceptChanged, Optional<List<Path>> allowedPaths) {
    /**
     * The guest runs as soon as it is restored, if it ran when it was saved; its disks must be as they were then, and its files may be
     * anywhere.
     */
    public static final RestoreOptions DEFAULT = new RestoreOptions(machine -> { }, Set.of(), Optional.empty());

    /** Copies the set and the list. */
    public RestoreOptions {
        acceptChanged = Set.copyOf(acceptChanged);
        allowedPaths = allowedPaths.map(List::copyOf);
    }

    /** The same with something to be done before the guest runs. */
    public RestoreOptions withBeforeRunning(Consumer<Machine> action) {
        return new RestoreOptions(action, acceptChanged, allowedPaths);
    }

    /** The same with host resources that may have changed. */
    public RestoreOptions withAcceptChanged(Set<String> changed) {
        return new RestoreOptions(beforeRunning, changed, allowedPaths);
    }

    /** The same with folders that files must lie in. */
    public RestoreOptions withAllowedPaths(List<Path> folders) {
        return new RestoreOptions(beforeRunning, acceptChanged, Optional.of(folders));
    }
}
