package org.sterna.launcher.boot;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Standard error of this process, for messages of any thread. A terminal that has been stopped, or a pipe that nobody reads, takes
 * nothing for any time: who writes waits for that once, for a bounded time, and then no more. What there is no room for meanwhile is
 * dropped, which is said when there is room again. So no message holds up a machine, its control or the end of the process.
 */
final class StandardError extends OutputStream {
    private static final int CAPACITY = 1 << 16;
    /** How long somebody waits for what is written to be taken. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final OutputStream taker;
    private final Duration patience;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final byte[] waiting = new byte[CAPACITY];
    private int count;
    private boolean writing;
    /** Whether nothing has been taken for as long as somebody would wait. */
    private boolean stuck;
    private boolean closed;
    private long dropped;

    StandardError(OutputStream taker, Duration patience) {
        this.taker = taker;
        this.patience = patience;
        Thread.ofPlatform().daemon().name("standard-error").start(this::pass);
    }

    /** Puts one in the place of this process's standard error. */
    static StandardError install(OutputStream taker) {
        var error = new StandardError(taker, PATIENCE);
        System.setErr(new PrintStream(error, true, System.err.charset()));
        return error;
    }

    @Override
    public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
    }

    /** Takes all of it or nothing, and waits until it has been passed on unless nothing is taken. */
    @Override
    public void write(byte[] bytes, int from, int length) {
        lock.lock();
        try {
            if (length > CAPACITY) {
                for (int done = 0; done < length; done += CAPACITY) {
                    write(bytes, from + done, Math.min(CAPACITY, length - done));
                }
                return;
            }
            if (closed) {
                return;
            }
            if (length > CAPACITY - count) {
                dropped += length;
                return;
            }
            System.arraycopy(bytes, from, waiting, count, length);
            count += length;
            changed.signalAll();
            awaitPassed();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all has been passed on, if what is there is taken at all. */
    void awaitPassed() {
        lock.lock();
        try {
            long left = patience.toNanos();
            while ((count > 0 || writing) && !stuck && !closed) {
                if (left <= 0) {
                    stuck = true;
                } else {
                    left = changed.awaitNanos(left);
                }
            }
        } catch (InterruptedException e) {
            // It is passed on all the same.
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void pass() {
        try {
            while (true) {
                taker.write(next());
                taker.flush();
            }
        } catch (IOException | InterruptedException e) {
            // There is nobody to tell.
            lock.lock();
            try {
                closed = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private byte[] next() throws InterruptedException {
        lock.lock();
        try {
            if (writing) {
                writing = false;
                stuck = false;
                changed.signalAll();
            }
            while (count == 0) {
                changed.await();
            }
            // What was dropped came after what waits.
            byte[] note = dropped == 0 ? new byte[0] : ("\nsterna: " + dropped
                + " bytes of messages are missing here: standard error was not read\n").getBytes(StandardCharsets.US_ASCII);
            byte[] bytes = new byte[count + note.length];
            System.arraycopy(waiting, 0, bytes, 0, count);
            System.arraycopy(note, 0, bytes, count, note.length);
            dropped = 0;
            count = 0;
            writing = true;
            return bytes;
        } finally {
            lock.unlock();
        }
    }
}
