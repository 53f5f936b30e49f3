package org.sterna.migration.internal;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.sterna.machine.Machine;

/**
 * An entry for each machine that somebody has asked about, kept until the machine is closed: a closed machine must not be held by
 * anything here. Any thread.
 *
 * @param <T> what an entry is
 */
final class MachineEntries<T> {
    private final Supplier<T> maker;
    private final Map<Machine, T> entries = new ConcurrentHashMap<>();

    /** No entries; each new one comes from a maker. */
    MachineEntries(Supplier<T> maker) {
        this.maker = maker;
    }

    /** The entry of a machine, made if there is none. That of a closed machine is not kept. */
    T of(Machine machine) {
        T entry = entries.computeIfAbsent(machine, added -> {
            machine.onPhase(phase -> {
                if (phase == Machine.Phase.CLOSED) {
                    entries.remove(machine);
                }
            });
            return maker.get();
        });
        if (machine.phase() == Machine.Phase.CLOSED) {
            // It may have been closed before there was somebody to notice.
            entries.remove(machine);
        }
        return entry;
    }

    /** The entry of a machine, if there is one. */
    Optional<T> existing(Machine machine) {
        return Optional.ofNullable(entries.get(machine));
    }
}
