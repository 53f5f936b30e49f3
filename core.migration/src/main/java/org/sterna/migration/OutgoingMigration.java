package org.sterna.migration;

import java.util.concurrent.CompletableFuture;
import org.osgi.annotation.versioning.ProviderType;

/** A migration under way, at the source. Any thread. */
@ProviderType
public interface OutgoingMigration {
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
