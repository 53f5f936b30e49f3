package org.sterna.machine.time;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The time of one machine, in nanoseconds since it was first started. It stands still while the machine is paused and
 * from the stop of a migration's source to the start of its destination; it never goes back. {@link #blackout()} says
 * how much real time passed in migrations, so that a device can account for it if its guest ABI says so.
 *
 * <p>All methods may be called from any thread. Timers run one after another on one thread of the clock.
 */
public final class GuestClock implements AutoCloseable {
    private static final long NOT_RESTORED = Long.MIN_VALUE;
    /**
     * 73 years. A clock that takes no more over, with no more blackout than 146 years, runs for another 73 without an
     * overflow of both.
     */
    private static final long MOST_TIME = (1L << 61) - 1;
    private static final long MOST_BLACKOUT = (1L << 62) - 1;

    private final LongSupplier hostTime;
    private final Clock wall;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Timer> armed = new PriorityQueue<>();
    private Thread timerThread;
    private boolean firing;
    private boolean closed;
    private long blackout;
    private long stoppedAt = NOT_RESTORED;
    /** Guest time while stopped. */
    private volatile long frozen;
    /** What is added to the host's time while running. */
    private volatile long offset;
    private volatile boolean running;

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

    /**
     * Real time that passed in migrations so far, in nanoseconds, at most 2^62-1; it changes only when the clock is
     * started.
     */
    public long blackout() {
        lock.lock();
        try {
            return blackout;
        } finally {
            lock.unlock();
        }
    }

    /** The host's wall clock: nanoseconds since 1970-01-01T00:00:00Z. */
    public long wallTime() {
        Instant now = wall.instant();
        return Math.addExact(Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L), now.getNano());
    }

    /** Lets time run on. */
    public void start() {
        lock.lock();
        try {
            if (running) {
                return;
            }
            if (stoppedAt != NOT_RESTORED) {
                // The wall clocks of two hosts need not agree: a destination that is behind counts nothing.
                blackout = Math.min(MOST_BLACKOUT, blackout + Math.max(0, wallTime() - stoppedAt));
                stoppedAt = NOT_RESTORED;
            }
            offset = frozen - hostTime.getAsLong();
            running = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Makes time stand still. When this returns no timer is running or will run, unless a timer called it. */
    public void stop() {
        while (!stop(Duration.ofDays(1))) {
            // A timer is still running.
        }
    }

    /**
     * Makes time stand still, and waits for a timer that is running, but not for ever. An interrupt of the calling thread does not cut
     * that short, and is kept.
     *
     * @return whether no timer is running or will run; if not, one may go on for as long as it likes, but no other begins
     * @since 1.1
     */
    public boolean stop(Duration most) {
        boolean interrupted = false;
        lock.lock();
        try {
            if (running) {
                frozen = now();
                running = false;
            }
            long left = most.toNanos();
            while (firing && Thread.currentThread() != timerThread && left > 0) {
                try {
                    left = changed.awaitNanos(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return !firing || Thread.currentThread() == timerThread;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The clock's state; exact while it is stopped. */
    public ClockState state() {
        lock.lock();
        try {
            return new ClockState(now(), blackout, stoppedAt == NOT_RESTORED ? wallTime() : stoppedAt);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes over the state of another clock; what passes until {@link #start} is blackout.
     *
     * @throws IllegalArgumentException if a time in the state is negative, guest time is above 2^61-1, or blackout
     *     above 2^62-1
     * @throws IllegalStateException    if the clock is running
     */
    public void restore(ClockState state) {
        check("time", state.time(), MOST_TIME);
        check("blackout", state.blackout(), MOST_BLACKOUT);
        check("stoppedAt", state.stoppedAt(), Long.MAX_VALUE);
        lock.lock();
        try {
            if (running) {
                throw new IllegalStateException("the clock is running");
            }
            frozen = state.time();
            blackout = state.blackout();
            stoppedAt = state.stoppedAt();
        } finally {
            lock.unlock();
        }
    }

    private static void check(String name, long value, long most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException(name + " is " + value + " ns, which is not from 0 to " + most);
        }
    }

    /** A timer, not armed, that runs an action when guest time reaches its deadline. */
    public Timer timer(Runnable action) {
        return new Timer(action);
    }

    /** Ends the clock and its timers. */
    @Override
    public void close() {
        lock.lock();
        try {
            running = false;
            closed = true;
            armed.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void runTimers() {
        while (true) {
            Timer due;
            lock.lock();
            try {
                due = awaitDue();
                if (due == null) {
                    return;
                }
                armed.remove(due);
                due.isArmed = false;
                firing = true;
            } finally {
                lock.unlock();
            }
            try {
                due.action.run();
            } finally {
                lock.lock();
                try {
                    firing = false;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /** Waits for the next timer that is due; null when the clock is closed. */
    private Timer awaitDue() {
        try {
            while (!closed) {
                Timer first = running ? armed.peek() : null;
                if (first == null) {
                    changed.await();
                    continue;
                }
                long left = first.deadline - now();
                if (left <= 0) {
                    return first;
                }
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Nobody but an ending process interrupts this thread.
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
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                if (isArmed) {
                    armed.remove(this);
                }
                deadline = guestTime;
                isArmed = true;
                armed.add(this);
                if (timerThread == null) {
                    timerThread = Thread.ofPlatform().daemon().name("sterna-timers").start(GuestClock.this::runTimers);
                } else if (armed.peek() == this) {
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        /** Takes the deadline away. The action may still be running when this returns. */
        public void cancel() {
            lock.lock();
            try {
                if (isArmed) {
                    armed.remove(this);
                    isArmed = false;
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public int compareTo(Timer other) {
            return Long.compare(deadline, other.deadline);
        }
    }
}
