package org.sterna.migration.internal;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.migration.OutgoingMigration;

/**
 * The snapshots that have not ended. A process that ends waits for them, so that it leaves no unfinished file behind.
 * Any thread.
 */
final class SnapshotsUnderWay {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotsUnderWay.class);
    /** Storage that hangs must not keep the process from ending. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Set<OutgoingMigration> all = ConcurrentHashMap.newKeySet();

    /** Notes one until it ends. */
    <T extends OutgoingMigration> T noted(T snapshot) {
        all.add(snapshot);
        snapshot.result().whenComplete((status, failure) -> all.remove(snapshot));
        return snapshot;
    }

    /**
     * Cancels all of them; one that is complete but for its name gets that. Returns when they have ended, or take too
     * long for it.
     */
    void end() {
        var ends = all.stream().map(OutgoingMigration::result).toArray(CompletableFuture<?>[]::new);
        all.forEach(OutgoingMigration::cancel);
        try {
            CompletableFuture.allOf(ends).get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            LOG.warn("a snapshot has not ended in {} s: its unfinished file may stay behind", PATIENCE.toSeconds());
        } catch (ExecutionException e) {
            LOG.warn("a snapshot has not ended as it should", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
