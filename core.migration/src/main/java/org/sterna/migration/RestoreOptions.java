package org.sterna.migration;

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
 * @since 1.5
 */
public record RestoreOptions(Consumer<Machine> beforeRunning) {
    /** The guest runs as soon as it is restored, if it ran when it was saved. */
    public static final RestoreOptions DEFAULT = new RestoreOptions(machine -> { });

    /** The same with something to be done before the guest runs. */
    public RestoreOptions withBeforeRunning(Consumer<Machine> action) {
        return new RestoreOptions(action);
    }
}
