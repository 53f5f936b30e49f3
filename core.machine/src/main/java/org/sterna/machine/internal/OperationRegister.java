package org.sterna.machine.internal;

import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;

/** The one exclusive operation that is under way on a machine. Any thread. */
final class OperationRegister {
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

    private static final Logger LOG = LoggerFactory.getLogger(OperationRegister.class);

    private final String machine;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition free = lock.newCondition();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile Operation current;

    /** None is under way; the machine's name is for messages. */
    OperationRegister(String machine) {
        this.machine = machine;
    }

    Optional<Operation> current() {
        return Optional.ofNullable(current);
    }

    boolean isCurrent(Operation operation) {
        return current == operation;
    }

    /**
     * Begins one.
     *
     * @param patience how long to wait for the one that is under way
     * @throws MachineException if it is still under way then
     */
    void begin(Operation operation, Duration patience) {
        lock.lock();
        try {
            long left = patience.toNanos();
            while (current != null && left > 0) {
                left = free.awaitNanos(left);
            }
            if (current != null) {
                throw refusal(machine, "", current);
            }
            current = operation;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refusal(machine, "", current);
        } finally {
            lock.unlock();
        }
        tell();
    }

    /** Ends it, if it is under way. */
    void end(Operation operation) {
        lock.lock();
        try {
            if (current != operation) {
                return;
            }
            current = null;
            free.signal();
        } finally {
            lock.unlock();
        }
        tell();
    }

    /** Whoever has begun or ended an operation has to go on with that, whatever a listener thinks of it. */
    private void tell() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                LOG.error("{}: a listener of operations has failed", machine, e);
            }
        }
    }

    AutoCloseable onChange(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Forgets whoever wants to know. */
    void forgetListeners() {
        listeners.clear();
    }

    /** Why something has to wait for an operation. */
    static MachineException refusal(String machine, String what, Operation operation) {
        return MachineException.failed(machine, "", what + (operation == null ? "interrupted" : operation.describe()
            + " is under way since " + TIME.format(operation.since())), "try again when it has ended");
    }
}
