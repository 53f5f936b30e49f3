package org.sterna.deployment.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.text.DurationText;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.SnapshotOptions;

/**
 * The snapshot of a machine that is about to be closed. There is no second chance, so it waits for a migration, a
 * snapshot or a swap that is under way, and cancels a migration or snapshot that takes too long.
 */
final class FinalSnapshot {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(FinalSnapshot.class);

    private final Migrations migrations;
    private final Machine machine;
    private final Duration patience;

    /** Of a machine. */
    FinalSnapshot(Migrations migrations, Machine machine) {
        this(migrations, machine, PATIENCE);
    }

    /**
     * With another patience, for tests.
     *
     * @param patience how long to wait for what is under way; as long again for it to end if it was cancelled
     */
    FinalSnapshot(Migrations migrations, Machine machine, Duration patience) {
        this.migrations = migrations;
        this.machine = machine;
        this.patience = patience;
    }

    /** Waits for a migration or snapshot that is under way, or cancels it. The caller has to look at the machine again. */
    void awaitOther() {
        if (machine.operation().isEmpty()) {
            return;
        }
        migrations.outgoing(machine).filter(other -> !other.result().isDone()).ifPresent(other -> {
            LOG.info("machine {}: waits for at most {} until {} has ended", machine.name(), DurationText.of(patience),
                other.kind().phrase());
            if (!ends(other) && other.cancel()) {
                LOG.warn("machine {}: {} is cancelled, since the guest has to be saved", machine.name(),
                    other.kind().phrase());
            }
            ends(other);
        });
    }

    private boolean ends(OutgoingMigration other) {
        try {
            other.result().get(patience.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Writes it.
     *
     * @throws MachineException if it cannot be written; the guest goes on
     */
    void write(Path file, SnapshotOptions options) {
        MigrationStatus status = migrations.snapshot(machine, file, options.withPatience(patience)).result().join();
        if (status.phase() != MigrationStatus.Phase.COMPLETED) {
            throw new MachineException(MachineException.Kind.FAILED, status.reasons());
        }
    }
}
