package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.sterna.machine.Machine;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.transport.Transport;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;

/** A migration at the source, from connecting to the end. {@link #run} is its thread. */
public final class Outgoing implements StartedMigration {
    /** Who may decide about the guest. */
    private enum Stage {
        /** This side, and the operator may still cancel. */
        OPEN,
        /** This side; it is being given up. */
        CANCELLED,
        /** The destination. */
        COMMITTED,
        /** It is over. */
        ENDED
    }

    private final Machine machine;
    private final Endpoint target;
    private final MigrationOptions options;
    private final Transport transport;
    private final DepartureListener leaving;
    private final Progress progress;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.OPEN);
    private final CompletableFuture<Connection> connecting = new CompletableFuture<>();
    private final CompletableFuture<MigrationStatus> result = new CompletableFuture<>();
    private volatile Operation operation;

    /**
     * A migration that has not begun.
     *
     * @param leaving is told when the guest is given away
     */
    public Outgoing(Machine machine, Endpoint target, MigrationOptions options, Transport transport, DepartureListener leaving) {
        this.machine = machine;
        this.target = target;
        this.options = options;
        this.transport = transport;
        this.leaving = leaving;
        this.progress = new Progress(machine.memory().size(), GuestMemory.PAGE_SIZE);
    }

    @Override
    public MigrationStatus status() {
        return progress.status();
    }

    @Override
    public boolean cancel() {
        if (!stage.compareAndSet(Stage.OPEN, Stage.CANCELLED)) {
            return false;
        }
        interrupt(cancelled());
        return true;
    }

    private void interrupt(Failure reason) {
        connecting.completeExceptionally(reason);
        connecting.thenAccept(connection -> connection.end(reason));
    }

    /** A guest that has ended has nothing left to send, and one that has lost its lease is not ours to send. */
    private void changed(Machine.Phase phase) {
        if (stage.get() == Stage.OPEN && phase != Machine.Phase.RUNNING) {
            try {
                Departure.check(machine);
            } catch (Failure gone) {
                interrupt(gone);
            }
        }
    }

    @Override
    public void begin() {
        operation = machine.begin(Operation.Kind.MIGRATION, "to " + target, Duration.ZERO);
    }

    @Override
    public void fail(List<Reason> reasons) {
        stage.set(Stage.ENDED);
        end(progress.end(Phase.FAILED, reasons));
    }

    /** The machine is free again before anybody hears of the end. */
    private void end(MigrationStatus last) {
        try {
            if (operation != null) {
                operation.close();
            }
        } finally {
            result.complete(last);
        }
    }

    @Override
    public Operation.Kind kind() {
        return Operation.Kind.MIGRATION;
    }

    private Failure cancelled() {
        return new Failure(Failure.Origin.CANCELLED, List.of(Reason.of(machine.name(), "the migration was cancelled", "")));
    }

    @Override
    public CompletableFuture<MigrationStatus> result() {
        return result.copy();
    }

    @Override
    public void run() {
        MigrationStatus last;
        try (AutoCloseable watching = machine.onPhase(this::changed)) {
            Departure.check(machine);
            migrate(connect());
            stage.set(Stage.ENDED);
            last = progress.end(Phase.COMPLETED, List.of());
        } catch (Exception | Error e) {
            // Whatever it was, somebody waits for the end.
            last = progress.end(stage.getAndSet(Stage.ENDED) == Stage.CANCELLED ? Phase.CANCELLED : Phase.FAILED,
                Failure.of(machine.name(), e).reasons());
        }
        end(last);
    }

    private Connection connect() throws Failure {
        transport.connect(target).whenComplete((connection, failed) -> {
            if (failed != null) {
                connecting.completeExceptionally(failed);
            } else if (!connecting.complete(connection)) {
                connection.close();
            }
        });
        try {
            return connecting.get();
        } catch (ExecutionException e) {
            throw Failure.of(target.toString(), e.getCause());
        } catch (InterruptedException e) {
            throw Failure.line(target.toString(), "interrupted");
        }
    }

    private void migrate(Connection connection) throws Failure {
        var handover = new Handover(machine, operation, connection, progress);
        try {
            progress.enter(Phase.NEGOTIATION);
            Inquiry inquiry = Inquiry.open(connection, machine, options.acceptLoss(), Capabilities.WITH_PROVISIONING);
            progress.answered(inquiry.answer().verdict());
            if (!inquiry.answer().verdict().allowed()) {
                inquiry.leave();
                throw new Failure(Failure.Origin.PEER, inquiry.answer().verdict().reasons());
            }
            connection.send(FrameType.START, Messages.EMPTY);
            connection.receive(FrameType.READY);
            try (var dirtyLog = machine.memory().dirtyLog().open()) {
                var sender = new PageSender(connection, machine.memory(), inquiry.common().have(Capabilities.ZERO_PAGES), progress);
                progress.enter(Phase.PRECOPY);
                var rest = new Precopy(round -> confirm(connection, round), sender, dirtyLog, new Pacer(connection, options.bandwidth()), progress)
                    .run(machine.memory().pages(), options.downtimeLimit());
                progress.enter(Phase.SWITCHOVER);
                handover.perform(inquiry, sender, dirtyLog, rest, this::commit);
            }
            connection.close();
        } catch (Failure | RuntimeException | Error e) {
            // An error too must not leave the guest standing still.
            Failure failure = Failure.of(machine.name(), e);
            if (handover.committed()) {
                // An ERROR would overtake the COMMIT, and the guest would be nowhere.
                connection.close();
            } else {
                connection.close(failure);
            }
            throw handover.takeBack(failure);
        }
    }

    private static void confirm(Connection connection, int round) throws Failure {
        connection.send(FrameType.ROUND, new Messages.Round(round).encode());
        var done = Messages.Round.decode(connection.receive(FrameType.ROUND_DONE));
        if (done.number() != round) {
            throw Failure.here(connection.peer(), "has confirmed round " + done.number() + " instead of " + round, "");
        }
    }

    /** From now on this side does not decide about the guest any more. */
    private void commit() throws Failure {
        leaving.leaving(target);
        if (!stage.compareAndSet(Stage.OPEN, Stage.COMMITTED)) {
            leaving.stays();
            throw cancelled();
        }
        try {
            operation.commit();
        } catch (RuntimeException | Error e) {
            leaving.stays();
            throw e;
        }
    }
}
