package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends lines to a client from a thread of its own, so that a client that does not read holds up nobody but itself. It has gone when a
 * line cannot be written, or when it has not read for so long that too many wait: then the channel is closed.
 */
final class QmpWriter {
    /** Events come unasked, so a client that does not read must not make them pile up. */
    private static final int MAX_WAITING = 1024;

    private final SocketChannel channel;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<byte[]> waiting = new ArrayDeque<>();
    /** Whether a line that is no longer in the queue is being written. */
    private boolean writing;
    /** Whether nothing is to be sent after what waits. */
    private boolean ending;
    private boolean gone;

    QmpWriter(SocketChannel channel) {
        this.channel = channel;
    }

    /** Puts a line into the queue; it is dropped if the client has gone. */
    void send(byte[] line) {
        lock.lock();
        try {
            if (!gone && !ending) {
                waiting.add(line);
                gone = waiting.size() > MAX_WAITING;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (hasGone()) {
            close();
        }
    }

    /** Whether nothing can be sent any more. */
    boolean hasGone() {
        lock.lock();
        try {
            return gone;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all lines have been written.
     *
     * @return whether they have; false if the client has gone, or the session ends
     */
    boolean awaitSent() throws InterruptedException {
        lock.lock();
        try {
            while (!isIdle() && !gone && !ending) {
                changed.await();
            }
            return !gone && !ending;
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more lines, writes those that wait if that does not take long, and closes the channel. */
    void end(Duration most) {
        lock.lock();
        try {
            ending = true;
            changed.signalAll();
            long left = most.toNanos();
            while (!isIdle() && !gone && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            gone = true;
            changed.signalAll();
            lock.unlock();
        }
        close();
    }

    private boolean isIdle() {
        return waiting.isEmpty() && !writing;
    }

    private void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }

    /** The writer's life, on a thread of its own. */
    void run() {
        try {
            for (byte[] line = next(); line != null; line = next()) {
                for (ByteBuffer bytes = ByteBuffer.wrap(line); bytes.hasRemaining();) {
                    channel.write(bytes);
                }
            }
        } catch (IOException | InterruptedException e) {
            lock.lock();
            try {
                gone = true;
                waiting.clear();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            // What the client has still sent is not read either: nobody waits for the answers.
            close();
        }
    }

    private byte[] next() throws InterruptedException {
        lock.lock();
        try {
            writing = false;
            changed.signalAll();
            while (waiting.isEmpty() && !ending && !gone) {
                changed.await();
            }
            byte[] line = gone ? null : waiting.poll();
            writing = line != null;
            return line;
        } finally {
            lock.unlock();
        }
    }
}
