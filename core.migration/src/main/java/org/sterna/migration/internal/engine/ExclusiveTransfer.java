package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.internal.wire.Failure;

/**
 * A migration or a snapshot: {@link #begin}, then {@link #run} on a thread of its own, or {@link #fail}. It has the
 * machine to itself from the one to the end of the other, and however that comes about, the machine is free and whoever
 * waits is told.
 */
public abstract class ExclusiveTransfer implements OutgoingMigration, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ExclusiveTransfer.class);

    /** The machine. */
    protected final Machine machine;
    private final Operation.Kind kind;
    private final String detail;
    private final Duration patience;
    private final Progress progress;
    private final CompletableFuture<MigrationStatus> result = new CompletableFuture<>();
    /** For an end that leaves no memory for words. */
    private final List<Reason> wordless;
    private volatile Operation operation;

    /**
     * One that has not begun.
     *
     * @param detail   what it is done with, see {@link Operation#detail}
     * @param patience how long to wait for another operation
     */
    protected ExclusiveTransfer(Machine machine, Operation.Kind kind, String detail, Duration patience) {
        this.machine = machine;
        this.kind = kind;
        this.detail = detail;
        this.patience = patience;
        this.progress = new Progress(GuestMemory.PAGE_SIZE);
        this.wordless = List.of(Reason.of(machine.name(), kind.phrase()
            + " has failed, and this process is out of memory",
            "give it more memory, or run fewer machines in it"));
    }

    /**
     * Takes the machine for it.
     *
     * @throws org.sterna.machine.MachineException if something else is being done to the machine
     */
    public final void begin() {
        operation = machine.begin(kind, detail, patience);
        progress.begin(machine.memory().size());
    }

    /** Does it. */
    protected abstract void perform() throws Exception;

    /** The last phase after a failure. */
    protected abstract Phase after(Failure failure);

    /** How far it is. */
    final Progress progress() {
        return progress;
    }

    /** What has been begun on the machine. */
    final Operation operation() {
        return operation;
    }

    @Override
    public final void run() {
        Throwable failure = null;
        try {
            perform();
        } catch (Throwable e) {
            failure = e;
        }
        end(failure);
    }

    /** Ends it before it has run. */
    public final void fail(Throwable why) {
        end(why);
    }

    /** The machine is free again before anybody hears of the end. */
    private void end(Throwable failure) {
        MigrationStatus last = null;
        try {
            last = described(failure);
            if (operation != null) {
                operation.close();
            }
        } catch (Throwable e) {
            LOG.error("{}: {} has ended, and what it has left cannot be set right", machine.name(), kind.phrase(), e);
        } finally {
            result.complete(last);
        }
    }

    private MigrationStatus described(Throwable thrown) {
        if (thrown == null) {
            return progress.end(Phase.COMPLETED, List.of());
        }
        try {
            Failure failure = failure(thrown);
            return progress.end(after(failure), failure.reasons());
        } catch (OutOfMemoryError e) {
            return progress.end(Phase.FAILED, wordless);
        }
    }

    /** What was thrown because the machine has no memory any more, or not all of it, is said as that. */
    final Failure failure(Throwable thrown) {
        if (thrown instanceof Failure known) {
            return known;
        }
        GuestMemory memory = machine.memory();
        if (!memory.segment().scope().isAlive()) {
            return closed();
        }
        return memory.unreadable(thrown).map(why -> Departure.lostMemory(machine, why))
            .orElseGet(() -> Failure.of(machine.name(), thrown));
    }

    /** Its machine was closed. */
    final Failure closed() {
        return Failure.here(machine.name(), kind.phrase() + " has ended before its time: the machine was closed", "");
    }

    @Override
    public final Operation.Kind kind() {
        return kind;
    }

    @Override
    public final MigrationStatus status() {
        return progress.status();
    }

    @Override
    public final AutoCloseable onPhase(Consumer<Phase> listener) {
        return progress.onPhase(listener);
    }

    @Override
    public final CompletableFuture<MigrationStatus> result() {
        return result.copy();
    }

    /** Whether it has ended. */
    protected final boolean ended() {
        return result.isDone();
    }
}
