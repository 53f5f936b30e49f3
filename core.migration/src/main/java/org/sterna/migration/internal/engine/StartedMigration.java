package org.sterna.migration.internal.engine;

import java.util.List;
import org.sterna.machine.Reason;
import org.sterna.migration.OutgoingMigration;

/** A migration or snapshot as whoever starts it sees it: {@link #begin}, then {@link #run} on a thread of its own. */
public interface StartedMigration extends OutgoingMigration, Runnable {
    /**
     * Takes the machine for it.
     *
     * @throws org.sterna.machine.MachineException if something else is being done to the machine
     */
    void begin();

    /** Ends it before it has run, for these reasons. */
    void fail(List<Reason> reasons);
}
