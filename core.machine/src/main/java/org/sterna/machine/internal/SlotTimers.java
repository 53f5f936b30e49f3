package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import org.sterna.machine.time.GuestClock;

/**
 * The timers of one device. While another device is in its place none of them runs: one that is due meanwhile is due again when the
 * device is back.
 */
final class SlotTimers {
    private final GuestClock clock;
    /** Those that the device still has. */
    private final Set<GuestClock.Timer> timers = Collections.newSetFromMap(new WeakHashMap<>());
    private final List<GuestClock.Timer> missed = new ArrayList<>();
    private boolean connected;

    SlotTimers(GuestClock clock) {
        this.clock = clock;
    }

    /** A timer that runs an action on the clock's thread. */
    GuestClock.Timer timer(Runnable action) {
        var due = new Due(action);
        due.timer = clock.timer(due);
        synchronized (this) {
            timers.add(due.timer);
        }
        return due.timer;
    }

    synchronized void connect() {
        connected = true;
        missed.forEach(timer -> timer.arm(clock.now()));
        missed.clear();
    }

    synchronized void disconnect() {
        connected = false;
    }

    /** No timer runs any more. */
    synchronized void cancel() {
        connected = false;
        missed.clear();
        timers.forEach(GuestClock.Timer::cancel);
    }

    private synchronized boolean mayRun(GuestClock.Timer timer) {
        if (!connected) {
            missed.add(timer);
        }
        return connected;
    }

    private final class Due implements Runnable {
        private final Runnable action;
        private volatile GuestClock.Timer timer;

        Due(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            if (mayRun(timer)) {
                action.run();
            }
        }
    }
}
