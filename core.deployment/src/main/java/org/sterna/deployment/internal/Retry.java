package org.sterna.deployment.internal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Does something again after it has failed for a reason that may pass, such as a disk that is in use: after a second, then less
 * and less often, at least once a minute.
 */
final class Retry implements AutoCloseable {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final String name;
    private final Duration first;
    private final Duration longest;
    private final Runnable action;
    private Duration delay;
    /** Counts what was scheduled, so that what has been overtaken does nothing. */
    private long turn;
    private boolean closed;

    /**
     * Nothing is scheduled yet.
     *
     * @param name   of the threads
     * @param action must schedule again if it fails again
     */
    Retry(String name, Runnable action) {
        this(name, FIRST, LONGEST, action);
    }

    /** With other delays, for tests. */
    Retry(String name, Duration first, Duration longest, Runnable action) {
        this.name = name;
        this.first = first;
        this.longest = longest;
        this.action = action;
        this.delay = first;
    }

    /** The next delay. */
    synchronized Duration delay() {
        return delay;
    }

    /** Schedules the action after a delay that grows each time. */
    synchronized void later() {
        long scheduled = ++turn;
        CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS, this::start).execute(() -> {
            if (isNext(scheduled)) {
                action.run();
            }
        });
        Duration twice = delay.multipliedBy(2);
        delay = twice.compareTo(longest) > 0 ? longest : twice;
    }

    /** Does the action at once, on a thread of its own. */
    void now() {
        start(action);
    }

    /** On a thread that may block: the action reads and writes files. */
    private void start(Runnable what) {
        Thread.ofPlatform().daemon().name(name).start(what);
    }

    private synchronized boolean isNext(long scheduled) {
        return !closed && scheduled == turn;
    }

    /** What was scheduled is not needed any more; the next delay is the first again. */
    synchronized void reset() {
        turn++;
        delay = first;
    }

    /** Nothing happens after this. */
    @Override
    public synchronized void close() {
        closed = true;
    }
}
