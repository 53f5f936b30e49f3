package org.sterna.migration;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.Operation;

/** A migration or snapshot under way, at the source. Any thread. */
@ProviderType
public interface OutgoingMigration {
    /**
     * Whether the guest leaves with it ({@link Operation.Kind#MIGRATION}) or is written into a file ({@link Operation.Kind#SNAPSHOT}).
     *
     * @since 1.5
     */
    Operation.Kind kind();

    /** How far it is. */
    MigrationStatus status();

    /**
     * Adds a listener for the phases that it enters from now on, but for the last, which comes through {@link #result()}. It is told on
     * the thread of the migration, in the order of what happens to the machine: the guest has been stopped, and the machine's own
     * listeners have been told of that, before it is told of {@link MigrationStatus.Phase#SWITCHOVER}. It must return soon.
     *
     * @return what takes the listener away
     * @since 1.5
     */
    AutoCloseable onPhase(Consumer<MigrationStatus.Phase> listener);

    /**
     * Gives it up, if it has not been committed yet. The end comes through {@link #result()}.
     *
     * @return whether it was early enough
     */
    boolean cancel();

    /** The last status; it never completes exceptionally. */
    CompletableFuture<MigrationStatus> result();
}
