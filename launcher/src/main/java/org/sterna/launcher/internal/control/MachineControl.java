package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.IoError;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.Verdict;

/**
 * The machine of this process as its control socket sees it: not here yet, here, or gone. It outlives the machines of a
 * process that receives one after the other. Any thread.
 */
public final class MachineControl {
    /** How the stay of a machine in this process has ended. */
    public enum End {
        /** The guest has switched itself off. */
        STOPPED,
        /** The guest has switched itself off and says that it has failed. */
        PANICKED,
        /** A processor or a device could not go on. */
        FAILED,
        /** The guest runs elsewhere. */
        MIGRATED,
        /** Somebody asked the process to end. */
        QUIT
    }

    private static final Duration SETTLE = Duration.ofSeconds(5);

    private final String name;
    private final Migrations migrations;
    private volatile BiConsumer<String, ObjectNode> events = (event, data) -> { };
    private final CompletableFuture<End> quit = new CompletableFuture<>();
    /** Of the machines whose stay has not been settled. */
    private final Map<Machine, Stay> stays = new IdentityHashMap<>();
    /** The last one, which may have ended. */
    private Stay current;
    /** How the last migration or snapshot of a machine before this one stands. */
    private MigrationStatus before;
    /** Where this process waits for machines, or null. */
    private Endpoint waitsAt;
    /** Whether the operator has said that a guest may be lost that was handed over and is not confirmed. */
    private volatile boolean givenUp;

    /** What is to be known of a machine that is here, or was. Guarded by the control. */
    private static final class Stay {
        private final Machine machine;
        private final CompletableFuture<End> end = new CompletableFuture<>();
        private Machine.Phase phase;
        /** The last migration or snapshot of the machine, whoever has begun it. */
        private OutgoingMigration outgoing;
        private MigrationEvents told;

        Stay(Machine machine) {
            this.machine = machine;
        }
    }

    /** A control without a machine. */
    public MachineControl(String name, Migrations migrations) {
        this.name = name;
        this.migrations = migrations;
    }

    /** This process waits for machines that come by a migration. */
    public synchronized void waitsAt(Endpoint endpoint) {
        waitsAt = endpoint;
    }

    /** Where this process waits for a machine, if it does: it has none that has not left or ended. */
    synchronized Optional<Endpoint> waitsAt() {
        return current == null || current.end.isDone() ? Optional.ofNullable(waitsAt) : Optional.empty();
    }

    /** Where events go, by name. */
    void events(BiConsumer<String, ObjectNode> sink) {
        events = sink;
    }

    /**
     * Takes a machine under control, in place of one that has gone.
     *
     * @return what completes when its stay ends
     */
    public CompletableFuture<End> take(Machine arrived) {
        var stay = new Stay(arrived);
        synchronized (this) {
            before = migration().orElse(null);
            current = stay;
            stays.put(arrived, stay);
        }
        if (quit.isDone()) {
            stay.end.complete(End.QUIT);
        }
        migrations.onOutgoing(arrived, begun -> began(stay, begun));
        arrived.onIoError(error -> failed(stay, error));
        arrived.onPhase(now -> changed(stay, now));
        if (arrived.phase() == Machine.Phase.PAUSED) {
            arrivesPaused(stay);
        } else {
            changed(stay, arrived.phase());
        }
        return stay.end;
    }

    /** Nothing has stopped it here, so there is no event, as in QEMU. */
    private synchronized void arrivesPaused(Stay stay) {
        if (stay.phase == null) {
            stay.phase = Machine.Phase.PAUSED;
        }
    }

    private void failed(Stay stay, IoError error) {
        if (isHere(stay)) {
            events.accept("BLOCK_IO_ERROR", IoErrorJson.write(error));
        }
    }

    private synchronized boolean isHere(Stay stay) {
        return stay == current;
    }

    private void changed(Stay stay, Machine.Phase now) {
        MigrationEvents told;
        synchronized (this) {
            if (stay != current || stay.phase == now) {
                return;
            }
            stay.phase = now;
            told = stay.told;
        }
        if (told != null) {
            if (now == Machine.Phase.RUNNING && told.takesOverResumed()) {
                return;
            }
            told.tellResumed();
        }
        switch (now) {
            case PAUSED -> events.accept("STOP", Json.object());
            case RUNNING -> events.accept("RESUME", Json.object());
            case STOPPED -> ended(stay, End.STOPPED, shutdown(true, "guest-shutdown"));
            case PANICKED -> ended(stay, End.PANICKED, shutdown(true, "guest-panic"));
            case FAILED -> ended(stay, End.FAILED, shutdown(false, "host-error"));
            case CREATED, CLOSED -> { }
        }
    }

    private void ended(Stay stay, End how, ObjectNode shutdown) {
        events.accept("SHUTDOWN", shutdown.put("x-sterna-why", stay.machine.why()));
        stay.end.complete(how);
    }

    /** The data of QMP's event SHUTDOWN; the reason is one of its ShutdownCause. */
    private static ObjectNode shutdown(boolean guest, String reason) {
        return Json.object().put("guest", guest).put("reason", reason);
    }

    /** The name of the machine. */
    String name() {
        return name;
    }

    /** The machine that is here. */
    synchronized Optional<Machine> present() {
        return Optional.ofNullable(current).map(stay -> stay.machine);
    }

    /** The machine that is here, or a refusal. */
    Machine machine() throws QmpException {
        return present().orElseThrow(() -> QmpException.generic("no machine is here yet; it may still arrive"));
    }

    /** How far the last outgoing migration is, of the machine that is here or of one that was. */
    synchronized Optional<MigrationStatus> migration() {
        return outgoing().map(OutgoingMigration::status).or(() -> Optional.ofNullable(before));
    }

    private synchronized Optional<OutgoingMigration> outgoing() {
        return Optional.ofNullable(current).map(stay -> stay.outgoing);
    }

    /** Asks a peer for its verdict. */
    Verdict check(Endpoint target, MigrationOptions options) throws QmpException {
        return migrations.check(machine(), target, options);
    }

    /** What a peer would be told of the machine. */
    byte[] declare(Set<String> acceptLoss) throws QmpException {
        return migrations.declare(machine(), acceptLoss);
    }

    /** Starts to send the machine away. */
    void migrate(Endpoint target, MigrationOptions options) throws QmpException {
        requireBegun(migrations.migrate(machine(), target, options));
    }

    /** Starts to write the machine into a file. */
    void snapshot(Path file, SnapshotOptions options) throws QmpException {
        requireBegun(migrations.snapshot(machine(), file, options));
    }

    /** One that could not even begin is refused; what happens to another later is for its events to tell. */
    private void requireBegun(OutgoingMigration started) {
        if (outgoing().filter(known -> known == started).isPresent()) {
            return;
        }
        throw new MachineException(MachineException.Kind.FAILED, started.result().join().reasons());
    }

    private void began(Stay stay, OutgoingMigration begun) {
        var following = new MigrationEvents(stay.machine, begun, (event, data) -> events.accept(event, data));
        synchronized (this) {
            stay.outgoing = begun;
            stay.told = following;
        }
        following.told().thenAccept(status -> ended(stay, begun.kind(), status));
        following.start();
    }

    private void ended(Stay stay, Operation.Kind kind, MigrationStatus status) {
        synchronized (this) {
            if (stay != current) {
                before = status;
            }
        }
        if (kind == Operation.Kind.MIGRATION && status.phase() == MigrationStatus.Phase.COMPLETED) {
            stay.end.complete(End.MIGRATED);
        }
    }

    /** The phase of the migration with which the guest leaves, or null. */
    MigrationStatus.Phase departure() {
        return outgoing().filter(last -> last.kind() == Operation.Kind.MIGRATION).map(last -> last.status().phase()).orElse(null);
    }

    /**
     * Ends what still uses a machine whose stay has ended: a migration that somebody's {@code quit} has cut short is given up,
     * one whose guest has ended knows it by itself. Returns when its end has been told.
     */
    public void settle(Machine machine, End how) {
        Stay stay;
        synchronized (this) {
            stay = stays.remove(machine);
            if (stay == null || stay.told == null) {
                return;
            }
        }
        if (how == End.QUIT) {
            stay.outgoing.cancel();
        }
        stay.told.await(SETTLE);
    }

    /** Gives an outgoing migration up. */
    void cancel() throws QmpException {
        Optional<OutgoingMigration> last = outgoing();
        if (last.isPresent() && !last.get().status().ended() && !last.get().cancel()) {
            throw QmpException.generic("too late: the destination has taken over");
        }
    }

    /** Asks whether another version of a device could take over. */
    Verdict check(String device, String version, SwapOptions options) throws QmpException {
        return migrations.check(machine(), device, version, options);
    }

    /** Puts another version of a device in the place of the one that the machine has. */
    Swap swap(String device, String version, SwapOptions options) throws QmpException {
        Swap swap = migrations.swap(machine(), device, version, options);
        if (swap.done()) {
            events.accept("X_STERNA_SWAP", Json.object().put("device", device).put("version", version).put("pause-ns", swap.pause()));
        }
        return swap;
    }

    /** Changes a guest property. */
    void change(String path, String property, String text) throws QmpException {
        machine().change(path, property, text);
    }

    /** Stops the guest, also if something else has it stand still at the moment. */
    void stop() throws QmpException {
        machine().pause();
    }

    /**
     * Lets the guest go on.
     *
     * @param force whether the operator says that a guest that was handed over does not run at its destination
     */
    void resume(boolean force) throws QmpException {
        Machine here = machine();
        if (here.phase() != Machine.Phase.PAUSED && here.phase() != Machine.Phase.RUNNING) {
            throw MachineException.failed(name, "", "the machine is " + here.phase().name().toLowerCase(Locale.ROOT)
                + (here.why().isEmpty() ? "" : ": " + here.why()), "");
        }
        if (force) {
            here.reclaim();
        }
        here.resume();
    }

    /**
     * Asks the process to end.
     *
     * @param force whether a guest may be lost with it whose hand-over its destination has not confirmed
     * @throws MachineException if the guest may be lost and nobody has said that it may
     */
    public void quit(boolean force) {
        Optional<Stay> stay;
        synchronized (this) {
            stay = Optional.ofNullable(current);
        }
        if (!force && stay.filter(here -> here.machine.ownership() == Ownership.UNCONFIRMED).isPresent()) {
            throw MachineException.failed(name, "", "its guest was handed over, and the destination has not confirmed that: this may be"
                + " the only copy", "look at the destination; if the guest has not run there, resume it here by force; only if it runs"
                + " there, quit with \"x-sterna-force\": true");
        }
        givenUp = force;
        quit();
    }

    /** Whether the operator has said that a guest may be lost whose hand-over has not been confirmed. */
    public boolean isGivenUp() {
        return givenUp;
    }

    /** Tells the clients that the process ends although nobody has asked for it here. */
    public void tellProcessEnds() {
        events.accept("SHUTDOWN", shutdown(false, "host-signal"));
    }

    /** Asks the process to end; a guest whose hand-over has not been confirmed is kept. */
    public void quit() {
        events.accept("SHUTDOWN", shutdown(false, "host-qmp-quit"));
        Optional<Stay> stay;
        synchronized (this) {
            quit.complete(End.QUIT);
            stay = Optional.ofNullable(current);
        }
        stay.ifPresent(here -> here.end.complete(End.QUIT));
    }

    /** Completes when somebody has asked the process to end. */
    public CompletableFuture<End> quitRequest() {
        return quit;
    }
}
