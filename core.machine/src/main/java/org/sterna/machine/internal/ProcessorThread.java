package org.sterna.machine.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorControl;

/**
 * The thread of one processor. It runs guest code while it may, and whatever others want done at a safe point of the
 * processor; so everything that touches the processor happens on this one thread.
 */
final class ProcessorThread {
    private static final ScopedValue<ProcessorThread> CURRENT = ScopedValue.newInstance();
    private static final long POLL_NANOS = 20_000;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessorThread.class);
    /** How long to wait for a processor to come to a safe point. */
    private static final Duration SAFE_POINT = Duration.ofSeconds(10);

    private final String name;
    private final Processor<?> processor;
    private final ProcessorControl control;
    private final BiConsumer<Processor<?>, Throwable> onFault;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<FutureTask<?>> actions = new ArrayDeque<>();
    private final Thread thread;
    private boolean mayRun;
    private boolean inGuest;
    private boolean closing;
    private boolean ended;
    private final List<Runnable> onEnd = new ArrayList<>();

    ProcessorThread(String name, Processor<?> processor, ProcessorControl control,
            BiConsumer<Processor<?>, Throwable> onFault) {
        this.name = name;
        this.processor = processor;
        this.control = control;
        this.onFault = onFault;
        this.thread = HostThreads.start(name, () -> {
            try {
                ScopedValue.where(CURRENT, this).run(this::work);
            } finally {
                ended();
            }
        });
    }

    Processor<?> processor() {
        return processor;
    }

    /** An access fault is thrown some instructions later, where the processor may not be called any more. */
    private void work() {
        boolean over = false;
        while (!over) {
            try {
                loop();
                over = true;
            } catch (InternalError e) {
                stopped(e);
            }
        }
    }

    private void loop() {
        while (true) {
            FutureTask<?> action;
            lock.lock();
            try {
                while (actions.isEmpty() && !closing && !(mayRun && wantsToRun())) {
                    changed.awaitUninterruptibly();
                }
                action = actions.poll();
                if (action == null) {
                    if (closing) {
                        return;
                    }
                    control.requestSafePoint(false);
                    inGuest = true;
                }
            } finally {
                lock.unlock();
            }
            if (action != null) {
                action.run();
            } else {
                runGuest();
            }
        }
    }

    /** One that cannot even say that finds it out on the way. */
    private boolean wantsToRun() {
        try {
            return !processor.halted();
        } catch (MachineException e) {
            return true;
        }
    }

    private void runGuest() {
        Throwable fault = null;
        try {
            if (!processor.halted()) {
                processor.run();
            }
        } catch (Throwable e) {
            // Even of an error, such as a class that is not there, a machine must say that it has ended by it.
            fault = e;
            if (HeapShares.lacksMemory(e)) {
                // To say so takes memory too.
                dropCachesNow();
            }
        }
        stopped(fault);
    }

    /** The processor does not execute guest code any more; null as fault if it has come to a safe point. */
    private void stopped(Throwable fault) {
        lock.lock();
        try {
            inGuest = false;
            mayRun &= fault == null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (fault != null) {
            onFault.accept(processor, fault);
        }
    }

    private void dropCachesNow() {
        try {
            processor.dropCaches();
        } catch (RuntimeException | Error e) {
            LOG.debug("{} has not dropped its caches", name, e);
        }
    }

    /** Has the processor drop its caches at its next safe point, if it will come to one. */
    void dropCaches() {
        try {
            enqueue(this::dropCachesNow);
        } catch (IllegalStateException e) {
            // It has ended, and has none.
        }
    }

    /**
     * Has a guest stand still that makes the host hold more than it should: if this is the thread of a processor, it does nothing until
     * a condition holds, or until others want the processor at a safe point.
     */
    static void holdBack(BooleanSupplier until) {
        if (CURRENT.isBound()) {
            ProcessorThread current = CURRENT.get();
            while (!until.getAsBoolean() && !current.control.safePointRequested()) {
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }

    /** Lets the processor run guest code. */
    void go() {
        lock.lock();
        try {
            mayRun = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes back the permission to run guest code; the processor stops at its next safe point. */
    void halt() {
        lock.lock();
        try {
            mayRun = false;
            control.requestSafePoint(true);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the processor has stopped after {@link #halt}. Not on this thread.
     *
     * @param deadline of {@link System#nanoTime()}
     * @throws MachineException if it has not by then
     */
    void awaitHalt(long deadline) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (inGuest) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw overdue();
                }
                try {
                    changed.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private MachineException overdue() {
        LOG.error("{} has not come to a safe point", name, new HangingStack(thread));
        return MachineException.failed(name, "", "the processor has not come to a safe point in time",
            "a device, the board or the processor hangs in a call of the guest: the log says where it is");
    }

    private FutureTask<?> enqueue(Runnable action) {
        var task = new FutureTask<>(action, null);
        lock.lock();
        try {
            if (closing) {
                throw new IllegalStateException("the machine is closed");
            }
            actions.add(task);
            control.requestSafePoint(true);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        return task;
    }

    /**
     * Runs something for each of some processors at a safe point of it, all at once, and waits for all of them. A
     * processor that waits here is itself at a safe point and serves what others want of it, so that two processors
     * can wait for each other.
     */
    static void atSafePoints(Collection<ProcessorThread> threads, Consumer<Processor<?>> action) {
        ProcessorThread current = CURRENT.isBound() ? CURRENT.get() : null;
        Map<ProcessorThread, FutureTask<?>> tasks = new LinkedHashMap<>();
        for (ProcessorThread thread : threads) {
            if (thread != current) {
                tasks.put(thread, thread.enqueue(() -> action.accept(thread.processor)));
            }
        }
        if (current != null && threads.contains(current)) {
            action.accept(current.processor);
        }
        long deadline = System.nanoTime() + SAFE_POINT.toNanos();
        tasks.forEach((thread, task) -> {
            while (current != null && !task.isDone()) {
                if (!current.serveOne()) {
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
            thread.await(task, deadline);
        });
    }

    private void await(FutureTask<?> task, long deadline) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    task.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof MachineException refusal) {
                throw refusal;
            }
            throw new IllegalStateException("at a safe point: " + Reason.causeOf(e.getCause()), e.getCause());
        } catch (CancellationException e) {
            throw new IllegalStateException("the machine is closed", e);
        } catch (TimeoutException e) {
            if (task.cancel(false)) {
                throw overdue();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean serveOne() {
        FutureTask<?> action;
        lock.lock();
        try {
            action = actions.poll();
        } finally {
            lock.unlock();
        }
        if (action == null) {
            return false;
        }
        action.run();
        return true;
    }

    /** Lets the thread end, as soon as the processor has come to a safe point. */
    void end() {
        halt();
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the end of the thread until a deadline of {@link System#nanoTime()}. Not on this thread. */
    void awaitEnd(long deadline) {
        boolean interrupted = false;
        boolean over = false;
        while (!over) {
            try {
                long left = deadline - System.nanoTime();
                over = left <= 0 || thread.join(Duration.ofNanos(left));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (thread.isAlive()) {
            overdue();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Does something when the thread has ended; at once if it has. */
    void whenEnded(Runnable action) {
        lock.lock();
        try {
            if (!ended) {
                onEnd.add(action);
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    private void ended() {
        List<Runnable> told;
        lock.lock();
        try {
            ended = true;
            // Whoever waits for a safe point would wait for ever.
            actions.forEach(action -> action.cancel(false));
            actions.clear();
            told = List.copyOf(onEnd);
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }
}
