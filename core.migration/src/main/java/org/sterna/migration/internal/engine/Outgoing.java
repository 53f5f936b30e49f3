package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.transport.Transport;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;

/** A migration at the source, from connecting to the end. */
public final class Outgoing extends ExclusiveTransfer {
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

    private static final Logger LOG = LoggerFactory.getLogger(Outgoing.class);

    private final Endpoint target;
    private final MigrationOptions options;
    private final Transport transport;
    private final DepartureListener leaving;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.OPEN);
    private final CompletableFuture<Connection> connecting = new CompletableFuture<>();

    /**
     * A migration that has not begun.
     *
     * @param leaving is told when the guest is given away
     */
    public Outgoing(Machine machine, Endpoint target, MigrationOptions options, Transport transport,
            DepartureListener leaving) {
        super(machine, Operation.Kind.MIGRATION, "to " + target, Duration.ZERO);
        this.target = target;
        this.options = options;
        this.transport = transport;
        this.leaving = leaving;
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

    private Failure cancelled() {
        return new Failure(Failure.Origin.CANCELLED,
            List.of(Reason.of(machine.name(), "the migration was cancelled", "")));
    }

    @Override
    protected void perform() throws Exception {
        try (AutoCloseable watching = machine.onPhase(this::changed)) {
            Departure.check(machine);
            // What the operator has misspelt is no peer's affair.
            Manifest manifest = Declaration.of(machine, options.acceptLoss());
            migrate(manifest, connect());
        }
        stage.set(Stage.ENDED);
    }

    @Override
    protected Phase after(Failure failure) {
        return stage.getAndSet(Stage.ENDED) == Stage.CANCELLED ? Phase.CANCELLED : Phase.FAILED;
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

    private void migrate(Manifest manifest, Connection connection) throws Failure {
        Progress progress = progress();
        var handover = new Handover(machine, operation(), connection, progress);
        try {
            progress.enter(Phase.NEGOTIATION);
            Inquiry inquiry = Inquiry.open(connection, machine, manifest, Capabilities.WITH_PROVISIONING);
            progress.answered(inquiry.answer().verdict());
            if (!inquiry.answer().verdict().allowed()) {
                inquiry.leave();
                throw new Failure(Failure.Origin.PEER, inquiry.answer().verdict().reasons());
            }
            connection.send(FrameType.START, Messages.EMPTY);
            connection.receive(FrameType.READY);
            try (var dirtyLog = machine.memory().dirtyLog().open()) {
                var sender = new PageSender(connection, machine.memory(), inquiry.common()
                    .have(Capabilities.ZERO_PAGES), progress);
                progress.enter(Phase.PRECOPY);
                var rest = new Precopy(round -> confirm(connection, round), sender, dirtyLog,
                    new Pacer(connection, options.bandwidth()), progress)
                    .run(machine.memory().pages(), options.downtimeLimit());
                handover.perform(inquiry, sender, dirtyLog, rest, this::commit);
            }
            connection.close();
        } catch (Failure | RuntimeException | Error e) {
            // An error too must not leave the guest standing still.
            Failure failure = failure(e);
            leave(connection, failure, handover.committed());
            throw handover.takeBack(failure);
        }
    }

    /** Ends the conversation; what goes wrong with that is of no account for the guest. */
    private void leave(Connection connection, Failure failure, boolean committed) {
        try {
            if (committed) {
                // An ERROR would overtake the COMMIT, and the guest would be nowhere.
                connection.close();
            } else {
                connection.close(failure);
            }
        } catch (RuntimeException | Error e) {
            LOG.warn("{}: {} cannot be told why the migration ends", machine.name(), connection.peer(), e);
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
            operation().commit();
        } catch (RuntimeException | Error e) {
            leaving.stays();
            throw e;
        }
    }
}
