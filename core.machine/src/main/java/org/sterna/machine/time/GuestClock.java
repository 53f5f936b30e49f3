package org.sterna.machine.time;

import java.time.Clock;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/**
 * The time of one machine, in nanoseconds since it was first started. It stands still while the machine is paused and
 * from the stop of a migration's source to the start of its destination; it never goes back. {@link #blackout()} says
 * how much real time passed in migrations, so that a device can account for it if its guest ABI says so.
 *
 * <p>All methods may be called from any thread. Timers run on one thread of the clock.
 */
public final class GuestClock implements AutoCloseable {
    private final LongSupplier hostTime;
    private final Clock wall;
    private final PriorityQueue<Timer> armed = new PriorityQueue<>();
    private Thread timerThread;
    private boolean closed;
    private long blackout;
    private long stoppedAt = Long.MIN_VALUE;
    /** Guest time while stopped. */
    private volatile long frozen;
    private volatile boolean running;
    /** What is added to the host's time while running. */
    private volatile long offset;

    /** A stopped clock at 0, driven by the host's monotonic clock and its wall clock. */
    public GuestClock() {
        this(System::nanoTime, Clock.systemUTC());
    }

    /** A stopped clock at 0, driven by other clocks, for tests. */
    public GuestClock(LongSupplier hostTime, Clock wall) {
        this.hostTime = hostTime;
        this.wall = wall;
    }

    /** Guest time in nanoseconds. */
    public long now() {
        return running ? hostTime.getAsLong() + offset : frozen;
    }

    /** Real time that passed in migrations so far, in nanoseconds; it changes only when the clock is started. */
    public synchronized long blackout() {
        return blackout;
    }

    /** The host's wall clock: nanoseconds since 1970-01-01T00:00:00Z. */
    public long wallTime() {
        Instant now = wall.instant();
        return Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
    }

    /** Lets time run on. */
    public synchronized void start() {
        if (running) {
            return;
        }
        if (stoppedAt != Long.MIN_VALUE) {
            // The two hosts' wall clocks need not agree: a destination that is behind counts nothing.
            blackout += Math.max(0, wallTime() - stoppedAt);
            stoppedAt = Long.MIN_VALUE;
        }
        offset = frozen - hostTime.getAsLong();
        running = true;
        notifyAll();
    }

    /** Makes time stand still; no timer is running or will run when this returns, unless called by a timer. */
    public void stop() {
        synchronized (this) {
            if (!running) {
                return;
            }
            frozen = now();
            running = false;
            boolean interrupted = false;
            while (firing && Thread.currentThread() != timerThread) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The clock's state; exact while it is stopped. */
    public synchronized ClockState state() {
        return new ClockState(now(), blackout, wallTime());
    }

    /** Takes over the state of another, stopped clock; what passes until {@link #start} is blackout. */
    public synchronized void restore(ClockState state) {
        if (running) {
            throw new IllegalStateException("the clock is running");
        }
        frozen = state.time();
        blackout = state.blackout();
        stoppedAt = state.stoppedAt();
    }

    /** A timer, not armed, that runs an action when guest time reaches its deadline. */
    public Timer timer(Runnable action) {
        return new Timer(action);
    }

    /** Ends the clock and its timers. */
    @Override
    public synchronized void close() {
        running = false;
        closed = true;
        notifyAll();
    }

    private boolean firing;

    private void runTimers() {
        while (true) {
            Timer due;
            synchronized (this) {
                due = nextDue();
                if (due == null) {
                    return;
                }
                armed.remove(due);
                due.isArmed = false;
                firing = true;
            }
            try {
                due.action.run();
            } finally {
                synchronized (this) {
                    firing = false;
                    notifyAll();
                }
            }
        }
    }

    /** Waits for the next timer that is due; null when the clock is closed. */
    private Timer nextDue() {
        while (!closed) {
            Timer first = running ? armed.peek() : null;
            long wait = first == null ? Long.MAX_VALUE : first.deadline - now();
            if (wait <= 0) {
                return first;
            }
            try {
                if (first == null) {
                    wait();
                } else {
                    wait(wait / 1_000_000, (int) (wait % 1_000_000));
                }
            } catch (InterruptedException e) {
                return null;
            }
        }
        return null;
    }

    /** Runs an action once each time that it was armed and its deadline has come. */
    public final class Timer implements Comparable<Timer> {
        private final Runnable action;
        private long deadline;
        private boolean isArmed;

        private Timer(Runnable action) {
            this.action = action;
        }

        /** Sets or moves the deadline, in guest time; one that has passed is due at once. */
        public void arm(long guestTime) {
            synchronized (GuestClock.this) {
                if (isArmed) {
                    armed.remove(this);
                }
                deadline = guestTime;
                isArmed = true;
                armed.add(this);
                if (timerThread == null) {
                    timerThread = Thread.ofPlatform().daemon().name("sterna-timers").start(GuestClock.this::runTimers);
                }
                if (armed.peek() == this) {
                    GuestClock.this.notifyAll();
                }
            }
        }

        /** Takes the deadline away. The action may still be running when this returns. */
        public void cancel() {
            synchronized (GuestClock.this) {
                if (isArmed) {
                    armed.remove(this);
                    isArmed = false;
                }
            }
        }

        @Override
        public int compareTo(Timer other) {
            return Long.compare(deadline, other.deadline);
        }
    }
}
