package org.sterna.machine.internal;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Reason;

/**
 * Decides whether the guest of one machine may run. Everything that counts for that is here and nowhere else: the machine's phase,
 * who owns the guest, whether the operator wants it to run, and the exclusive operation that is under way. Every change is made
 * under one lock; every question is answered without it.
 */
public final class GuestControl {
    private static final Logger LOG = LoggerFactory.getLogger(GuestControl.class);

    /** What moves in the machine. Called under the lock. */
    public interface Machinery {
        /** Lets processors, guest time and devices run. */
        void start();

        /**
         * Stops them.
         *
         * @throws MachineException if I/O is still in flight after a bounded time
         */
        void stop();

        /** Whether the devices have their host resources. */
        boolean attached();

        /**
         * Takes the host resources.
         *
         * @throws MachineException if one is missing or in use; none is held then
         */
        void attach();

        /** Gives the host resources back. */
        void detach();

        /** Reasons why the guest cannot run although it may; none if it can. */
        List<Reason> missing();

        /**
         * By what the content of the host resources is known again, by device path.
         *
         * @throws MachineException if one cannot be looked at, or that takes too long
         */
        default Map<String, List<ContentIdentity>> contents(Duration limit) {
            return Map.of();
        }

        /** Whether a guest that cannot be stopped properly may go on meanwhile. */
        default boolean mayGoOn() {
            return true;
        }

        /** Makes the change that the guest has asked for by itself and that is still to be made: an end or a restart. */
        void makePendingChange();
    }

    /** How long disks are looked at when they are given away, and when they are taken back. */
    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration LONG_LOOK = Duration.ofSeconds(60);
    private static final String PAUSED_BY_REQUEST = "paused by request";

    private final String name;
    private final Machinery machinery;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Consumer<Phase>> listeners = new CopyOnWriteArrayList<>();
    private final OperationRegister operations;
    private volatile Phase phase = Phase.CREATED;
    private volatile String why = "";
    private volatile Ownership ownership = Ownership.LOCAL;
    private volatile boolean runRequested;
    /** Whether the operation under way needs the guest to stand still. */
    private volatile boolean held;
    private volatile ReleasedContents released = ReleasedContents.NONE;

    /** A machine that has just been made, with a name for messages. */
    public GuestControl(String name, Machinery machinery) {
        this.name = name;
        this.machinery = machinery;
        this.operations = new OperationRegister(name);
    }

    /** The phase. */
    public Phase phase() {
        return phase;
    }

    /** Why it is in that phase, or the empty string. */
    public String why() {
        return why;
    }

    /** Says why it is in its phase. */
    public void explain(String reason) {
        locked(() -> why = reason);
    }

    /** Who may let the guest run. */
    public Ownership ownership() {
        return ownership;
    }

    /** Whether the operator wants the guest to run. */
    public boolean runRequested() {
        return runRequested;
    }

    /** What is being done exclusively. */
    public Optional<Operation> operation() {
        return operations.current();
    }

    /** See {@link org.sterna.machine.Machine#begin}. */
    public Operation begin(Operation.Kind kind, String detail, Duration patience) {
        var operation = new GuestOperation(this, kind, detail);
        operations.begin(operation, patience);
        if (kind == Operation.Kind.ARRIVAL || kind == Operation.Kind.RESTORE) {
            locked(() -> {
                held = true;
                ownership = Ownership.ARRIVING;
            });
        }
        return operation;
    }

    /** Adds a listener for operations that begin or end. */
    public AutoCloseable onOperation(Runnable listener) {
        return operations.onChange(listener);
    }

    /** Adds a listener for phases. */
    public AutoCloseable onPhase(Consumer<Phase> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Makes a change under the lock. */
    public void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    /** Enters a phase. Under the lock. */
    public void enter(Phase next, String reason) {
        phase = next;
        why = reason;
        for (Consumer<Phase> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException | Error e) {
                // The phase is what it is, and whoever has made the change has to go on with it.
                LOG.error("{}: a listener of phases has failed", name, e);
            }
        }
    }

    /** Enters the last phase, and forgets whoever wants to know of another. Under the lock. */
    void close() {
        enter(Phase.CLOSED, why);
        listeners.clear();
        operations.forgetListeners();
    }

    /** Takes the host resources, if they are not held. */
    public void attach() {
        locked(() -> {
            if (machinery.attached()) {
                return;
            }
            require(phase == Phase.CREATED || phase == Phase.PAUSED, "be attached");
            requireMine("be attached", ownership == Ownership.FENCED);
            take();
        });
    }

    private void take() {
        boolean again = ownership == Ownership.FENCED;
        machinery.attach();
        ownership = arriving() ? Ownership.ARRIVING : Ownership.LOCAL;
        if (again) {
            why = "it has its lease again";
        }
    }

    private boolean arriving() {
        return operation().map(Operation::kind)
            .filter(kind -> kind == Operation.Kind.ARRIVAL || kind == Operation.Kind.RESTORE).isPresent();
    }

    /** Gives the host resources back. */
    public void detach() {
        locked(() -> {
            require(phase != Phase.RUNNING, "be detached");
            if (phase == Phase.PAUSED) {
                requireIdle("be detached");
            }
            if (machinery.attached()) {
                ownership = phase == Phase.PAUSED ? Ownership.RELEASED : ownership;
                machinery.detach();
            }
        });
    }

    /** The lease was lost: the guest must not run before there is a new one. Under the lock, when the guest stands still. */
    public void fence() {
        ownership = Ownership.FENCED;
    }

    /** Boots the guest: the operator wants it to run. */
    public void boot(Runnable powerOn) {
        locked(() -> {
            require(phase == Phase.CREATED && machinery.attached(), "boot");
            requireIdle("boot");
            refuseMissing();
            powerOn.run();
            runRequested = true;
            run();
            // A device that is attached may have failed before, when there was no guest yet that could end by it.
            machinery.makePendingChange();
        });
    }

    /** All parts have been restored. */
    public void restored() {
        locked(() -> {
            require(phase == Phase.CREATED, "be restored");
            enter(Phase.PAUSED, ownership == Ownership.FENCED ? why : "restored");
            machinery.makePendingChange();
        });
    }

    /** The operator wants the guest to stand still. */
    public void pause() {
        locked(() -> {
            if (ownership == Ownership.RELEASED || ownership == Ownership.ARRIVING) {
                // It would be acknowledged here and decided elsewhere.
                requireIdle("be paused");
            }
            stopUntilResumed(PAUSED_BY_REQUEST);
        });
    }

    /** Stops the guest if it runs; only a resume lets it go on. Under the lock. */
    void stopUntilResumed(String reason) {
        boolean before = runRequested;
        runRequested = false;
        try {
            halt(reason);
        } catch (RuntimeException | Error e) {
            // If the guest stands still all the same, that is what is wanted.
            runRequested = phase == Phase.RUNNING && before;
            throw e;
        }
    }

    private void halt(String reason) {
        halt(reason, machinery::stop);
    }

    private void halt(String reason, Runnable stop) {
        if (phase != Phase.RUNNING) {
            return;
        }
        try {
            stop.run();
        } catch (RuntimeException | Error e) {
            goOnAfter(e);
            throw e;
        }
        // The guest may have ended or restarted while it was being stopped; that must not be forgotten.
        machinery.makePendingChange();
        if (phase == Phase.RUNNING) {
            enter(Phase.PAUSED, reason);
        }
    }

    /** The guest could not be stopped properly: it runs on or, if not even that can be done, stands still until it can. */
    private void goOnAfter(Throwable failure) {
        if (!machinery.mayGoOn()) {
            enter(Phase.PAUSED, "the guest could not be stopped properly, and must not go on: " + Reason.causeOf(failure));
            return;
        }
        try {
            machinery.start();
        } catch (RuntimeException | Error e) {
            enter(Phase.PAUSED, "the guest could not be stopped properly and cannot go on: " + Reason.causeOf(failure));
        }
    }

    /**
     * Stops the guest although the operator wants it to run: something that it needs does not answer. It goes on with {@link #goOn()}.
     *
     * @param stop stops what can be stopped; whether the guest can go on is up to {@link Machinery#missing()}
     */
    public void stall(String reason, Runnable stop) {
        locked(() -> halt(reason, stop));
    }

    /** What kept the guest from running has ended by itself: it goes on, if the operator wants that and nothing else is in its way. */
    public void goOn() {
        locked(() -> {
            if (phase != Phase.PAUSED || !runRequested || operation().isPresent()
                    || ownership != Ownership.LOCAL && ownership != Ownership.RELEASED) {
                return;
            }
            try {
                if (!machinery.attached()) {
                    take();
                }
                continueIfPossible();
            } catch (RuntimeException | Error e) {
                why = "the guest could not go on: " + Reason.causeOf(e);
            }
        });
    }

    /** Nobody else has had what the lost lease was for: it is acquired again, and all is as it was before. */
    public void recover() {
        locked(() -> {
            if (ownership != Ownership.FENCED || phase != Phase.PAUSED || operation().isPresent()) {
                return;
            }
            String before = why;
            try {
                take();
                continueIfPossible();
            } catch (MachineException e) {
                why = ownership == Ownership.FENCED ? before + "; it could not be acquired again: " + Reason.causeOf(e)
                    : "the guest could not go on: " + Reason.causeOf(e);
            }
        });
    }

    /** The operator wants the guest to run. */
    public void resume() {
        locked(() -> {
            if (phase == Phase.RUNNING) {
                runRequested = true;
                return;
            }
            require(phase == Phase.PAUSED, "go on");
            if (held) {
                requireIdle("go on");
            }
            requireMine("go on", true);
            if (!machinery.attached()) {
                take();
            }
            refuseMissing();
            runRequested = true;
            run();
        });
    }

    /** The operator says that the guest does not run at the destination. */
    public void reclaim() {
        locked(() -> {
            if (ownership != Ownership.UNCONFIRMED && ownership != Ownership.DEPARTED) {
                return;
            }
            require(phase == Phase.PAUSED, "be taken back");
            requireIdle("be taken back");
            machinery.attach();
            refuseChanged();
            ownership = Ownership.LOCAL;
            enter(Phase.PAUSED, "taken back by request");
        });
    }

    /** What is given away. Of what cannot be seen soon enough nothing is known then: the guest stands still meanwhile. */
    private ReleasedContents contentsNow() {
        try {
            return new ReleasedContents(machinery.contents(LOOK));
        } catch (RuntimeException e) {
            LOG.debug("{}: the content of its disks cannot be seen", name, e);
            return ReleasedContents.NONE;
        }
    }

    /** Now nobody else can change them any more. */
    private void refuseChanged() {
        if (released.contents().isEmpty()) {
            return;
        }
        boolean same = false;
        try {
            List<Reason> changes = released.changes(machinery.contents(LONG_LOOK));
            if (!changes.isEmpty()) {
                throw new MachineException(MachineException.Kind.FAILED, changes);
            }
            same = true;
        } finally {
            if (!same) {
                machinery.detach();
            }
        }
    }

    /** See {@link org.sterna.machine.Machine#releasedContents}. */
    public Map<String, List<ContentIdentity>> releasedContents() {
        return released.contents();
    }

    /** Whether the guest may run and can. */
    boolean mayRun() {
        return runRequested && !held && ownership == Ownership.LOCAL && machinery.attached() && machinery.missing().isEmpty();
    }

    /** Lets a paused guest run, if the operator wants that and nothing stands in its way. Under the lock. */
    void continueIfPossible() {
        if (phase == Phase.PAUSED && mayRun()) {
            run();
        }
    }

    /** The guest has restarted itself, or a device was replaced: it runs on, or stays paused. Under the lock. */
    void continueOrPause(String reason) {
        if (mayRun()) {
            run();
        } else {
            enter(Phase.PAUSED, reason);
        }
    }

    private void run() {
        machinery.start();
        enter(Phase.RUNNING, "");
    }

    void hold(GuestOperation operation) {
        locked(() -> {
            requireCurrent(operation);
            if (!held) {
                held = true;
                try {
                    halt(heldFor(operation));
                } catch (RuntimeException | Error e) {
                    held = false;
                    throw e;
                }
            }
        });
    }

    private static String heldFor(Operation operation) {
        return "stopped for " + operation.describe();
    }

    void release(GuestOperation operation) {
        locked(() -> {
            if (operations.isCurrent(operation) && held) {
                held = false;
                if (phase == Phase.PAUSED && !runRequested && why.equals(heldFor(operation))) {
                    why = PAUSED_BY_REQUEST;
                }
                continueAfter(operation);
            }
        });
    }

    private void tryAgain(GuestOperation operation) {
        try {
            if (operations.isCurrent(operation)) {
                continueIfPossible();
            }
        } catch (RuntimeException | Error e) {
            LOG.warn("{}: the guest still cannot be let run", name, e);
        }
    }

    private void continueAfter(GuestOperation operation) {
        try {
            continueIfPossible();
        } catch (RuntimeException | Error e) {
            why = "the guest could not be let run again after " + operation.describe() + ": " + Reason.causeOf(e);
            throw e;
        }
    }

    void relinquish(GuestOperation operation) {
        locked(() -> {
            requireCurrent(operation);
            requireMine("be given away", false);
            require(held && phase == Phase.PAUSED && ownership == Ownership.LOCAL, "be given away");
            // Even if a device fails meanwhile, the others may have given theirs back.
            ownership = Ownership.RELEASED;
            machinery.detach();
            released = contentsNow();
        });
    }

    void reattach(GuestOperation operation) {
        locked(() -> {
            requireCurrent(operation);
            require(ownership == Ownership.RELEASED, "be attached again");
            machinery.attach();
            ownership = Ownership.LOCAL;
        });
    }

    void commit(GuestOperation operation) {
        locked(() -> {
            requireCurrent(operation);
            if (!held || phase != Phase.PAUSED || ownership != Ownership.RELEASED) {
                throw MachineException.failed(name, "", "the guest is not ready to be given away: the machine is "
                    + phase.name().toLowerCase(Locale.ROOT) + ", the guest " + ownership.name().toLowerCase(Locale.ROOT), "migrate it again");
            }
            ownership = Ownership.UNCONFIRMED;
        });
    }

    void confirm(GuestOperation operation) {
        locked(() -> {
            requireCurrent(operation);
            require(ownership == Ownership.UNCONFIRMED, "be confirmed");
            ownership = Ownership.DEPARTED;
        });
    }

    void arrive(GuestOperation operation, boolean running) {
        locked(() -> {
            requireCurrent(operation);
            if (ownership != Ownership.ARRIVING) {
                throw MachineException.failed(name, "", why, "look at what keeps the leases");
            }
            ownership = Ownership.LOCAL;
            runRequested = running;
        });
    }

    /** A guest that could not be let run when it was released gets another chance. */
    void end(GuestOperation operation) {
        try {
            if (held) {
                release(operation);
            } else {
                locked(() -> tryAgain(operation));
            }
        } finally {
            operations.end(operation);
        }
    }

    /** The guest has to be this machine's, or of nobody else. */
    private void requireMine(String what, boolean fencedToo) {
        switch (ownership) {
            case LOCAL, ARRIVING -> { }
            case RELEASED -> requireIdle(what);
            case FENCED -> {
                if (!fencedToo) {
                    throw MachineException.failed(name, "", "the guest may run elsewhere: " + why,
                        "resume it first, for which it acquires a new lease");
                }
            }
            case UNCONFIRMED, DEPARTED -> throw MachineException.failed(name, "", "the guest may run elsewhere: " + why,
                "look at the destination; only if the guest has not run there, resume it here by force: a guest that runs twice"
                    + " damages its disks and whatever it talks to");
        }
    }

    /** Refuses what no operation may meet. */
    public void requireIdle(String what) {
        operation().ifPresent(operation -> {
            throw OperationRegister.refusal(name, "it cannot " + what + " now: ", operation);
        });
    }

    private void refuseMissing() {
        List<Reason> missing = machinery.missing();
        if (!missing.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, missing);
        }
    }

    private void requireCurrent(GuestOperation operation) {
        if (!operations.isCurrent(operation)) {
            throw new IllegalStateException("the " + operation.describe() + " of " + name + " has ended");
        }
    }

    /** Refuses what the phase does not allow. */
    void require(boolean condition, String what) {
        if (!condition) {
            throw MachineException.failed(name, "", "a machine that is " + phase.name().toLowerCase(Locale.ROOT)
                + (machinery.attached() ? "" : " and not attached") + " cannot " + what + (why.isEmpty() ? "" : "; it is so because " + why),
                "");
        }
    }
}
