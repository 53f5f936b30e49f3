package org.sterna.migration;

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
 *                      on meanwhile may destroy what is on it, and is refused otherwise
 * @since 1.5
 */
public record RestoreOptions(Consumer<Machine> beforeRunning, Set<String> acceptChanged) {
    /** The guest runs as soon as it is restored, if it ran when it was saved; its disks must be as they were then. */
    public static final RestoreOptions DEFAULT = new RestoreOptions(machine -> { }, Set.of());

    /** Copies the set. */
    public RestoreOptions {
        acceptChanged = Set.copyOf(acceptChanged);
    }

    /** The same with something to be done before the guest runs. */
    public RestoreOptions withBeforeRunning(Consumer<Machine> action) {
        return new RestoreOptions(action, acceptChanged);
    }

    /** The same with host resources that may have changed. */
    public RestoreOptions withAcceptChanged(Set<String> changed) {
        return new RestoreOptions(beforeRunning, changed);
    }
}
