package org.sterna.migration.internal.engine;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Reason;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Verdict;

/** How far a migration is: written by its thread, read by any. */
final class Progress {
    /** Below this a round says more about the line's latency than about its bandwidth. */
    private static final long TELLING_BYTES = 1 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

    private final List<Consumer<Phase>> listeners = new CopyOnWriteArrayList<>();
    private final long start = System.nanoTime();
    private final int pageSize;
    private long bulkBytes;
    private Phase phase = Phase.SETUP;
    private Verdict verdict;
    private int round;
    private long roundStart;
    private long roundBytes;
    private long transferred;
    private long remaining;
    private long zeroPages;
    private long dirtyRate;
    private long bandwidth;
    private long downtime;
    private long end;
    private List<Reason> reasons = List.of();

    /** Of something that has not begun. */
    Progress(int pageSize) {
        this.pageSize = pageSize;
    }

    /** It has begun, with so much guest memory. */
    synchronized void begin(long bytes) {
        bulkBytes = bytes;
    }

    synchronized MigrationStatus status() {
        return new MigrationStatus(phase, verdict, round, bulkBytes, transferred, remaining, zeroPages, dirtyRate, bandwidth,
            expectedDowntime(), downtime, (end == 0 ? System.nanoTime() : end) - start, reasons);
    }

    void enter(Phase next) {
        synchronized (this) {
            phase = next;
        }
        for (Consumer<Phase> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException | Error e) {
                // It goes on, whoever wants to know of it.
                LOG.error("a listener of a migration's phases has failed", e);
            }
        }
    }

    /** Adds a listener for the phases that are entered from now on. */
    AutoCloseable onPhase(Consumer<Phase> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    synchronized void answered(Verdict answer) {
        verdict = answer;
    }

    synchronized void beginRound(int number, long pages) {
        round = number;
        roundStart = System.nanoTime();
        roundBytes = 0;
        remaining = pages * pageSize;
    }

    synchronized void sent(long bytes, long pages, long zero) {
        transferred += bytes;
        roundBytes += bytes;
        remaining -= pages * pageSize;
        zeroPages += zero;
    }

    /** The round has arrived, and so many pages have been written meanwhile. */
    synchronized void endRound(long dirtyPages) {
        long nanos = Math.max(1, System.nanoTime() - roundStart);
        if (roundBytes >= TELLING_BYTES || bandwidth == 0) {
            bandwidth = (long) (roundBytes * 1e9 / nanos);
        }
        remaining = dirtyPages * pageSize;
        dirtyRate = (long) (remaining * 1e9 / nanos);
    }

    /** How long the last round would take now, in nanoseconds. */
    synchronized long expectedDowntime() {
        return remaining == 0 ? 0 : bandwidth == 0 ? Long.MAX_VALUE : (long) (remaining * 1e9 / bandwidth);
    }

    synchronized void stoodStill(long nanos) {
        downtime = nanos;
    }

    synchronized MigrationStatus end(Phase last, List<Reason> why) {
        phase = last;
        reasons = why;
        end = System.nanoTime();
        return status();
    }
}
