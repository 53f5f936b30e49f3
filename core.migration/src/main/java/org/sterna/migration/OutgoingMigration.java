package org.sterna.migration;

import java.util.concurrent.CompletableFuture;
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
     * Gives it up, if it has not been committed yet. The end comes through {@link #result()}.
     *
     * @return whether it was early enough
     */
    boolean cancel();

    /** The last status; it never completes exceptionally. */
    CompletableFuture<MigrationStatus> result();
}
