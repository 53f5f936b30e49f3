package org.sterna.machine.internal;

import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * A call that may block, made on a thread that can be left behind. Whoever waits for it waits for a bounded time. A call that has
 * been left behind is not interrupted, since that would close the channels that it works with; when it returns at last, somebody
 * undoes what it has done.
 *
 * @param <T> what it returns
 */
final class BoundedCall<T> {
    /** How long a thread waits for the next call before it ends. */
    private static final Duration IDLE = Duration.ofSeconds(5);
    /** For how long a caller looks for the result before it goes to sleep: most calls return within microseconds. */
    private static final long SPIN_NANOS = 20_000;
    /** Each call that does not find an idle thread gets a new one, so no call waits for another that hangs. */
    private static final ThreadPoolExecutor THREADS = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE.toMillis(),
        TimeUnit.MILLISECONDS, new SynchronousQueue<>(), body -> Thread.ofPlatform().daemon().name("sterna-call").unstarted(body));

    private final String name;
    private final Consumer<BoundedCall<T>> onLeft;
    private volatile Thread thread;
    private volatile boolean done;
    private boolean left;
    private T result;
    private Throwable failure;

    /** The body of a call. */
    @FunctionalInterface
    interface Body<T> {
        T run() throws Throwable;
    }

    /** It was left behind. */
    static final class LeftBehindException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /**
     * A call that has not begun.
     *
     * @param name   for thread dumps
     * @param onLeft is told, before the caller goes on without it, that it has been left behind
     */
    BoundedCall(String name, Consumer<BoundedCall<T>> onLeft) {
        this.name = name;
        this.onLeft = onLeft;
    }

    /**
     * Begins it.
     *
     * @param task does the work, on a thread of its own, and calls {@link #end} at its end
     * @throws MachineException if this host cannot start another thread
     */
    void begin(Runnable task) {
        try {
            THREADS.execute(() -> {
                thread = Thread.currentThread();
                String before = thread.getName();
                thread.setName(name);
                try {
                    task.run();
                } finally {
                    thread.setName(before);
                }
            });
        } catch (OutOfMemoryError e) {
            throw MachineException.failed(name, "", "this host cannot start another thread: " + Reason.causeOf(e),
                "raise the limit of threads of this user, or run fewer machines here");
        }
    }

    /**
     * The work is done; called once, by the task.
     *
     * @return whether somebody gets the result; if not, it was left behind and has to be undone
     */
    synchronized boolean end(T returned, Throwable thrown) {
        if (left) {
            return false;
        }
        result = returned;
        failure = thrown;
        done = true;
        notifyAll();
        return true;
    }

    /**
     * Waits for the result. An interrupt of the calling thread does not cut it short, and is kept.
     *
     * @throws LeftBehindException if it has not come by then
     * @throws Throwable           what the work has thrown
     */
    T await(Duration most) throws Throwable {
        long deadline = System.nanoTime() + most.toNanos();
        long spin = System.nanoTime() + SPIN_NANOS;
        while (!done && System.nanoTime() - spin < 0) {
            Thread.onSpinWait();
        }
        synchronized (this) {
            boolean interrupted = false;
            while (!done) {
                long rest = deadline - System.nanoTime();
                if (rest <= 0) {
                    left = true;
                    onLeft.accept(this);
                    break;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(this, Math.max(rest, 1_000_000));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (left) {
                throw new LeftBehindException();
            }
        }
        if (failure != null) {
            throw failure;
        }
        return result;
    }

    /** The thread that does the work; null if it has not begun. */
    Thread thread() {
        return thread;
    }

    @Override
    public String toString() {
        return name;
    }
}
