package org.sterna.deployment.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.SnapshotOptions;

/** What is under way on a machine is waited for, or cancelled, before its last snapshot. */
class FinalSnapshotTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final CompletableFuture<MigrationStatus> other = new CompletableFuture<>();
    private volatile boolean cancelled;
    private final AtomicReference<SnapshotOptions> asked = new AtomicReference<>();
    private MigrationStatus written = status(Phase.COMPLETED, List.of());

    private static MigrationStatus status(Phase phase, List<Reason> reasons) {
        return new MigrationStatus(phase, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, reasons);
    }

    /** Of a machine that is busy as long as the other migration has not ended. */
    private FinalSnapshot snapshot(Duration patience) {
        Operation operation = Fakes.of(Operation.class, Map.of());
        Machine machine = Fakes.of(Machine.class, Map.of("name", none -> "guest",
            "operation", none -> other.isDone() ? Optional.empty() : Optional.of(operation)));
        OutgoingMigration migration = Fakes.of(OutgoingMigration.class, Map.of("result", none -> other,
            "kind", none -> Operation.Kind.MIGRATION, "cancel", none -> {
                cancelled = true;
                return other.complete(status(Phase.CANCELLED, List.of()));
            }));
        return new FinalSnapshot(Fakes.of(Migrations.class, Map.of("outgoing", none -> Optional.of(migration),
            "snapshot", arguments -> {
                asked.set((SnapshotOptions) arguments[2]);
                return Fakes.of(OutgoingMigration.class,
                    Map.of("result", none -> CompletableFuture.completedFuture(written)));
            })), machine, patience);
    }

    @Test
    void aMigrationThatEndsInTimeIsNotCancelled() throws InterruptedException {
        FinalSnapshot snapshot = snapshot(LONG);
        Thread waiting = Thread.ofPlatform().start(snapshot::awaitOther);
        while (waiting.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(waiting.isAlive(), "it has not waited");
            Thread.onSpinWait();
        }
        other.complete(status(Phase.COMPLETED, List.of()));
        waiting.join();
        assertFalse(cancelled);
    }

    @Test
    void aMigrationThatTakesTooLongIsCancelled() {
        snapshot(SHORT).awaitOther();
        assertTrue(cancelled);
        assertTrue(other.isDone());
    }

    @Test
    void theSnapshotWaitsForAnythingElse() {
        snapshot(LONG).write(Path.of("guest.sterna"), SnapshotOptions.DEFAULT.withHandedOver());
        assertEquals(SnapshotOptions.DEFAULT.withHandedOver().withPatience(LONG), asked.get());
    }

    @Test
    void whatKeepsItFromBeingWrittenIsSaid() {
        written = status(Phase.FAILED, List.of(Reason.of("guest", "the disk is full", "")));
        var thrown = assertThrows(MachineException.class,
            () -> snapshot(LONG).write(Path.of("guest.sterna"), SnapshotOptions.DEFAULT));
        assertEquals(written.reasons(), thrown.reasons());
    }
}
