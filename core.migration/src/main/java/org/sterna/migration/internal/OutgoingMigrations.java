package org.sterna.migration.internal;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.migration.OutgoingMigration;

/** The last migration or snapshot of each machine, whoever has begun it, and who wants to know of the next. Any thread. */
final class OutgoingMigrations {
    private static final Logger LOG = LoggerFactory.getLogger(OutgoingMigrations.class);

    private static final class Entry {
        private final List<Consumer<OutgoingMigration>> listeners = new CopyOnWriteArrayList<>();
        private volatile OutgoingMigration last;
    }

    private final MachineEntries<Entry> entries = new MachineEntries<>(Entry::new);

    /** One has begun. */
    void began(Machine machine, OutgoingMigration migration) {
        Entry entry = entries.of(machine);
        entry.last = migration;
        for (Consumer<OutgoingMigration> listener : entry.listeners) {
            try {
                listener.accept(migration);
            } catch (RuntimeException | Error e) {
                LOG.error("{}: somebody who wants to know of {} has failed", machine.name(), migration.kind().phrase(), e);
            }
        }
    }

    /** The last that has begun, until the machine is closed. */
    Optional<OutgoingMigration> last(Machine machine) {
        return entries.existing(machine).map(entry -> entry.last);
    }

    /** Adds a listener for as long as the machine has not been closed. */
    AutoCloseable add(Machine machine, Consumer<OutgoingMigration> listener) {
        Entry entry = entries.of(machine);
        entry.listeners.add(listener);
        return () -> entry.listeners.remove(listener);
    }
}
