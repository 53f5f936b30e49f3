package org.sterna.machine.internal;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.text.DurationText;

/**
 * The calls of one device: serialized, and never waited for without a limit. A call that takes too long is left behind on its
 * thread. Until it returns, no other call is begun; when it returns, what it has done is undone before anybody else gets at the
 * device, and then whoever waits for it is told.
 */
final class DeviceCalls {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceCalls.class);
    static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());
    /** How much longer a caller waits than the call waits for its turn, so that it hears that it was not its turn. */
    private static final Duration MARGIN = Duration.ofMillis(200);

    private final Plugin plugin;
    private final Runnable always;
    private final Lock lock = new Lock();
    private final Condition changed = lock.newCondition();
    /** The calls that were left behind and have not returned, with where they are and since when. */
    private final Map<BoundedCall<?>, Overdue> left = new LinkedHashMap<>();
    private final List<Runnable> onReturned = new ArrayList<>();

    /** A call that has not returned in time. */
    private record Overdue(String where, Instant since) {
    }

    /** One that tells who has it. */
    private static final class Lock extends ReentrantLock {
        private static final long serialVersionUID = 1L;

        Thread owner() {
            return getOwner();
        }
    }

    /**
     * The calls of a device, or of a board.
     *
     * @param always is told each time that no call is overdue any more, after all others; it must not block
     */
    DeviceCalls(Plugin plugin, Runnable always) {
        this.plugin = plugin;
        this.always = always;
    }

    /** The lock that serializes the calls, for those that are made on the thread of whoever needs them. */
    ReentrantLock lock() {
        return lock;
    }

    /** What waits for a change of the device under the lock. */
    Condition changed() {
        return changed;
    }

    /**
     * Calls the device on another thread, and waits for it.
     *
     * @param where the method, such as {@code quiesce()}
     * @param most  how long the caller waits
     * @param body  makes the call, under the lock
     * @param undo  undoes, under the lock, what a call that was left behind has done when it returned; may be called with null
     * @throws MachineException if it has not returned by then, or an earlier one has not returned yet
     * @throws X                what the body has thrown
     */
    @SuppressWarnings("unchecked")
    <T, X extends Exception> T call(String where, Duration most, ModelPart.Access.Body<T, X> body, Consumer<T> undo) throws X {
        requireReturned();
        var call = new BoundedCall<T>(plugin.path() + " " + where, late -> leave(late, where));
        call.begin(() -> run(call, where, most, body, undo));
        try {
            return call.await(most.plus(MARGIN));
        } catch (BoundedCall.LeftBehindException e) {
            String time = DurationText.of(most);
            LOG.error("{}: {} {} has not returned from {} in {}", plugin.path(), plugin.bundle(), plugin.version(),
                where, time, new HangingStack(call.thread()));
            throw overdue(where, "has not returned from " + where + " in " + time);
        } catch (Throwable e) {
            throw (X) e;
        }
    }

    /** Calls a device that is given up, whatever other call it is in. Failures are logged; one that takes longer is left behind. */
    void beside(String where, Duration most, Runnable body) {
        var call = new BoundedCall<Void>(plugin.path() + " " + where, late -> { });
        try {
            call.begin(() -> {
                try {
                    body.run();
                } catch (Throwable e) {
                    LOG.warn("{}: {} {} could not be given up", plugin.path(), plugin.bundle(), plugin.version(), e);
                } finally {
                    call.end(null, null);
                }
            });
            call.await(most);
        } catch (Throwable e) {
            LOG.warn("{}: {} {} has not given up what it holds", plugin.path(), plugin.bundle(), plugin.version(), e);
        }
    }

    private <T, X extends Exception> void run(BoundedCall<T> call, String where, Duration most, ModelPart.Access.Body<T, X> body,
            Consumer<T> undo) {
        try {
            if (!lock.tryLock(most.toNanos(), TimeUnit.NANOSECONDS)) {
                call.end(null, busy(where, most));
                return;
            }
            try {
                T result = null;
                Throwable thrown = null;
                try {
                    result = body.run();
                } catch (Throwable e) {
                    thrown = e;
                }
                if (!call.end(result, thrown)) {
                    LOG.warn("{}: {} {} has returned from {} at last", plugin.path(), plugin.bundle(), plugin.version(), where, thrown);
                    undo.accept(result);
                }
            } finally {
                lock.unlock();
            }
        } catch (Throwable e) {
            // Nobody waits for it any more.
            LOG.error("{}: what {} has done cannot be undone", plugin.path(), where, e);
        } finally {
            returned(call);
        }
    }

    private MachineException busy(String where, Duration most) {
        Thread owner = lock.owner();
        String time = DurationText.of(most);
        LOG.error("{}: {} has been waiting for {}; the device is called by {}", plugin.path(), where, time,
            owner == null ? "nobody any more" : "thread '" + owner.getName() + "'", new HangingStack(owner));
        return MachineException.failed(plugin.path(), "", plugin.bundle() + " " + plugin.version()
            + " has been busy for " + time + (owner == null ? "" : " (thread '" + owner.getName() + "')")
            + ", so " + where + " cannot be called",
            "look at the device's back end; the log says where it is");
    }

    private MachineException overdue(String where, String what) {
        return MachineException.failed(plugin.path(), "", plugin.bundle() + " " + plugin.version() + " " + what,
            "look at the device's back end; the log says where it is");
    }

    private void leave(BoundedCall<?> call, String where) {
        synchronized (left) {
            left.put(call, new Overdue(where, Instant.now()));
        }
    }

    private void returned(BoundedCall<?> call) {
        List<Runnable> told;
        synchronized (left) {
            if (left.remove(call) == null || !left.isEmpty()) {
                return;
            }
            told = List.copyOf(onReturned);
            onReturned.clear();
        }
        told.forEach(Runnable::run);
        always.run();
    }

    private void requireReturned() {
        overdue().ifPresent(reason -> {
            throw new MachineException(MachineException.Kind.FAILED, List.of(reason));
        });
    }

    /** Why the device cannot be called now, if it cannot. */
    Optional<Reason> overdue() {
        synchronized (left) {
            return left.values().stream().findFirst().map(call -> overdue(call.where(), "has not returned from " + call.where()
                + " since " + TIME.format(call.since())).reasons().getFirst());
        }
    }

    /** Does something when no call is overdue any more; at once if none is. It must not block. */
    void whenReturned(Runnable action) {
        synchronized (left) {
            if (!left.isEmpty()) {
                onReturned.add(action);
                return;
            }
        }
        action.run();
    }

    /** Waits until no call is overdue; false if one still is. */
    boolean awaitReturn(Duration most) {
        var returned = new CountDownLatch(1);
        whenReturned(returned::countDown);
        boolean interrupted = false;
        long deadline = System.nanoTime() + most.toNanos();
        try {
            while (true) {
                try {
                    return returned.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
