package org.sterna.device.serial.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Output whose taker may stop to take it for any time: a terminal that has been stopped, a pipe that nobody reads. A thread of its
 * own writes it, so that neither the guest nor a pause of it waits for the taker. The thread ends when there has been nothing to
 * write for a while. It is not one of the machine's, since a write that is under way can outlive the device: it cannot be
 * interrupted.
 */
final class Outbox {
    private static final int CAPACITY = 1 << 16;
    /** How much is written at once: little enough to see that a slow taker still takes something. */
    private static final int PIECE = 1 << 12;
    private static final Duration IDLE = Duration.ofSeconds(1);
    /** How long the end may take while the taker takes something. */
    private static final Duration LONGEST_END = Duration.ofSeconds(3);

    private final Sink sink;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final byte[] waiting = new byte[CAPACITY];
    private int count;
    /** Whether a piece that waits no more is being written. */
    private boolean writing;
    private long pieces;
    private Thread writer;
    private IOException failure;

    /** Where the output goes in the end. */
    interface Sink {
        /** Writes the first bytes of an array, however long that takes. */
        void write(byte[] bytes, int count) throws IOException;
    }

    Outbox(Sink sink) {
        this.sink = sink;
    }

    /**
     * Takes the first bytes of an array, as many as there is room for; never waits.
     *
     * @return how many
     * @throws IOException if some that were taken earlier could not be written; nothing is taken then
     */
    int offer(byte[] bytes, int length) throws IOException {
        lock.lock();
        try {
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
            int taken = Math.min(length, CAPACITY - count);
            System.arraycopy(bytes, 0, waiting, count, taken);
            count += taken;
            if (writer == null && count > 0) {
                writer = startWriter();
            }
            changed.signalAll();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Null if this host has no thread left; the next bytes try again. */
    private Thread startWriter() {
        try {
            return Thread.ofPlatform().daemon().name("serial-output").start(this::write);
        } catch (OutOfMemoryError e) {
            return null;
        }
    }

    private void write() {
        byte[] piece = new byte[PIECE];
        try {
            for (int length = next(piece); length > 0; length = next(piece)) {
                sink.write(piece, length);
            }
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException e) {
            fail(new IOException("interrupted", e));
        }
    }

    private void fail(IOException e) {
        lock.lock();
        try {
            failure = e;
            count = 0;
            writing = false;
            writer = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The next piece's length; 0 if none has come for a while. */
    private int next(byte[] piece) throws InterruptedException {
        lock.lock();
        try {
            if (writing) {
                writing = false;
                pieces++;
                changed.signalAll();
            }
            for (long left = IDLE.toNanos(); count == 0 && left > 0;) {
                left = changed.awaitNanos(left);
            }
            int length = Math.min(count, PIECE);
            System.arraycopy(waiting, 0, piece, 0, length);
            System.arraycopy(waiting, length, waiting, 0, count - length);
            count -= length;
            writing = length > 0;
            writer = writing ? writer : null;
            return length;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all has been written. Gives up, so that the rest is written later if ever, when the taker has taken nothing for a
     * while.
     *
     * @param patience how long that is
     */
    void awaitWritten(Duration patience) {
        lock.lock();
        try {
            long end = System.nanoTime() + LONGEST_END.toNanos();
            long seen = pieces;
            long left = patience.toNanos();
            while ((count > 0 || writing) && left > 0 && System.nanoTime() < end) {
                left = changed.awaitNanos(left);
                if (pieces != seen) {
                    seen = pieces;
                    left = patience.toNanos();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
