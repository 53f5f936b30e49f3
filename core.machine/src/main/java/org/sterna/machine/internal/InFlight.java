package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the I/O of one device that has been submitted and not completed. */
final class InFlight {
    /**
     * How many may be in flight before the guest has to wait: more than a device needs that takes from its guest no more than it can
     * do, and little enough for the heap.
     */
    static final int MANY = 1 << 15;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition none = lock.newCondition();
    private final List<Runnable> onNone = new ArrayList<>();
    private volatile int count;

    void begin() {
        lock.lock();
        try {
            count++;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is so much that its guest has to wait. */
    boolean isTooMuch() {
        return count > MANY;
    }

    void end() {
        List<Runnable> told = List.of();
        lock.lock();
        try {
            if (--count == 0) {
                none.signalAll();
                told = List.copyOf(onNone);
                onNone.clear();
            }
        } finally {
            lock.unlock();
        }
        told.forEach(Runnable::run);
    }

    /** Does something when the count is 0; at once if it is. It must not block. */
    void whenNone(Runnable action) {
        lock.lock();
        try {
            if (count > 0) {
                onNone.add(action);
                return;
            }
        } finally {
            lock.unlock();
        }
        action.run();
    }

    /** Waits for the count to be 0; false if it is not by a deadline of {@link System#nanoTime()}. */
    boolean drain(long deadline) {
        boolean interrupted = false;
        lock.lock();
        try {
            while (count > 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    none.await(left, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
