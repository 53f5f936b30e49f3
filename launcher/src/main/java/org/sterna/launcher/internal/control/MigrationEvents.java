package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.launcher.internal.Json;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.OutgoingMigration;

/**
 * Tells of each step of a migration by QMP's event MIGRATION, and of its end last. The end is told by whoever ends it: whoever waits
 * for that must not depend on a thread that cannot be had.
 */
final class MigrationEvents {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationEvents.class);
    private static final long LOOK_MS = 10;

    private final OutgoingMigration migration;
    private final BiConsumer<String, ObjectNode> events;
    private final CompletableFuture<MigrationStatus> told = new CompletableFuture<>();
    private boolean ended;

    /** Has told nothing yet. */
    MigrationEvents(OutgoingMigration migration, BiConsumer<String, ObjectNode> events) {
        this.migration = migration;
        this.events = events;
    }

    /** Tells from now on. */
    void start() {
        migration.result().thenAccept(this::tellEnd);
        try {
            Thread.ofVirtual().name("migration-events").start(this::follow);
        } catch (RuntimeException | Error e) {
            LOG.warn("only the end of the migration is told, not its steps", e);
        }
    }

    /** Completes with the last status when the end has been told. */
    CompletableFuture<MigrationStatus> told() {
        return told.copy();
    }

    /** Waits until the end has been told, for a bounded time. */
    void await(Duration most) {
        try {
            told.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the end of a migration has not been told", e);
        }
    }

    private void tellEnd(MigrationStatus status) {
        try {
            synchronized (this) {
                ended = true;
                ObjectNode data = Json.object().put("status", MigrationJson.word(status.phase()));
                data.set("x-sterna-info", MigrationJson.write(status));
                events.accept("MIGRATION", data);
            }
        } finally {
            told.complete(status);
        }
    }

    private void follow() {
        String last = "";
        while (!migration.result().isDone()) {
            MigrationStatus status = migration.status();
            String step = MigrationJson.word(status.phase());
            if (!step.equals(last) && !status.ended()) {
                last = step;
                tellStep(step);
            }
            try {
                migration.result().get(LOOK_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // Not yet.
            } catch (InterruptedException | ExecutionException e) {
                return;
            }
        }
    }

    private synchronized void tellStep(String step) {
        if (!ended) {
            events.accept("MIGRATION", Json.object().put("status", step));
        }
    }
}
