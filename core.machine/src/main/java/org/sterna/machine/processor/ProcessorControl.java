package org.sterna.machine.processor;

import java.util.concurrent.locks.LockSupport;

/**
 * Between a machine and the thread of one of its processors: the request to come to a safe point, and the sleep of a
 * processor that has nothing to do.
 */
public final class ProcessorControl {
    private volatile boolean requested;
    private volatile boolean woken;
    private volatile Thread sleeper;

    /** Whether the processor is to return from {@link Processor#run()} before its next block of instructions. */
    public boolean safePointRequested() {
        return requested;
    }

    /** Asks for a safe point, or takes that back. Only the machine calls it. */
    public void requestSafePoint(boolean request) {
        requested = request;
        if (request) {
            LockSupport.unpark(sleeper);
        }
    }

    /**
     * Sleeps until {@link #wake()} has been called since the last return of this method, or until a safe point is
     * requested. The processor's own thread only.
     */
    public void idle() {
        sleeper = Thread.currentThread();
        try {
            while (!woken && !requested) {
                LockSupport.park(this);
                if (Thread.interrupted()) {
                    return;
                }
            }
            woken = false;
        } finally {
            sleeper = null;
        }
    }

    /** Ends the sleep of the processor, or its next one if it is not asleep. Any thread. */
    public void wake() {
        woken = true;
        LockSupport.unpark(sleeper);
    }
}
