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
import org.sterna.machine.Machine;
import org.sterna.machine.Operation;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.OutgoingMigration;

/**
 * Tells of each step of a migration by QMP's event MIGRATION, and of its end last, on the thread that does it: so the order of these
 * events and of those of the machine is that of what happens, and it is the same as in QEMU. The end of the guest's standstill is told
 * after a failure that is the reason for it, although the guest runs a moment before that.
 */
final class MigrationEvents {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationEvents.class);

    private final Machine machine;
    private final OutgoingMigration migration;
    private final BiConsumer<String, ObjectNode> events;
    private final CompletableFuture<MigrationStatus> told = new CompletableFuture<>();
    private String step = "";
    private boolean ended;
    /** Whether the guest runs again and that is still to be told. */
    private boolean resumed;

    /** Has told nothing yet. */
    MigrationEvents(Machine machine, OutgoingMigration migration, BiConsumer<String, ObjectNode> events) {
        this.machine = machine;
        this.migration = migration;
        this.events = events;
    }

    /** Tells from now on. */
    void start() {
        tellStep(migration.status());
        migration.onPhase(phase -> tellStep(migration.status()));
        migration.result().thenAccept(this::tellEnd);
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

    /**
     * The guest runs again.
     *
     * @return whether that is told from here, with the end of the migration
     */
    synchronized boolean takesOverResumed() {
        resumed = !ended && migration.kind() == Operation.Kind.MIGRATION
            && migration.status().phase() == MigrationStatus.Phase.SWITCHOVER;
        return resumed;
    }

    /** Tells that the guest runs, if that is still to be told: something else happens to it. */
    synchronized void tellResumed() {
        if (resumed) {
            resumed = false;
            events.accept("RESUME", Json.object());
        }
    }

    private void tellEnd(MigrationStatus status) {
        try {
            synchronized (this) {
                ended = true;
                if (status.phase() == MigrationStatus.Phase.CANCELLED) {
                    tellResumed();
                }
                ObjectNode data = Json.object().put("status", MigrationJson.word(status.phase()));
                data.set("x-sterna-info", MigrationJson.write(status));
                data.put("x-sterna-phase", StatusJson.word(machine.phase()))
                    .put("x-sterna-ownership", StatusJson.word(machine.ownership()));
                events.accept("MIGRATION", data);
                tellResumed();
            }
        } finally {
            told.complete(status);
        }
    }

    private synchronized void tellStep(MigrationStatus status) {
        String next = MigrationJson.word(status.phase());
        if (!ended && !status.ended() && !next.equals(step)) {
            step = next;
            events.accept("MIGRATION", Json.object().put("status", step));
        }
    }
}
