package org.sterna.machine.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorControl;

/**
 * The thread of one processor. It runs guest code while it may, and whatever others want done at a safe point of the
 * processor; so everything that touches the processor happens on this one thread.
 */
final class ProcessorThread {
    private static final ScopedValue<ProcessorThread> CURRENT = ScopedValue.newInstance();
    private static final long POLL_NANOS = 20_000;

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

    ProcessorThread(String name, Processor<?> processor, ProcessorControl control,
            BiConsumer<Processor<?>, Throwable> onFault) {
        this.processor = processor;
        this.control = control;
        this.onFault = onFault;
        this.thread = Thread.ofPlatform().daemon().name(name)
            .start(() -> ScopedValue.where(CURRENT, this).run(this::loop));
    }

    Processor<?> processor() {
        return processor;
    }

    private void loop() {
        while (true) {
            FutureTask<?> action;
            lock.lock();
            try {
                while (actions.isEmpty() && !closing && !(mayRun && !processor.halted())) {
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

    private void runGuest() {
        Throwable fault = null;
        try {
            processor.run();
        } catch (Throwable e) {
            // Even of an error, such as a class that is not there, a machine must say that it has ended by it.
            fault = e;
        }
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

    /** Waits until the processor has stopped after {@link #halt}. Not on this thread. */
    void awaitHalt() {
        lock.lock();
        try {
            while (inGuest) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
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
        List<FutureTask<?>> tasks = new ArrayList<>();
        for (ProcessorThread thread : threads) {
            if (thread != current) {
                tasks.add(thread.enqueue(() -> action.accept(thread.processor)));
            }
        }
        if (current != null && threads.contains(current)) {
            action.accept(current.processor);
        }
        for (FutureTask<?> task : tasks) {
            while (current != null && !task.isDone()) {
                if (!current.serveOne()) {
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
            try {
                task.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("at a safe point: " + e.getCause().getMessage(), e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for a safe point", e);
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

    /** Ends the thread. Not on this thread. */
    void close() {
        halt();
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
