package org.sterna.machine.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that do the I/O of one machine's devices: platform threads that nobody else uses, so that what blocks there, or keeps
 * the host's processors busy, is no other machine's and no operator's concern. They are started on demand, and end when they have
 * had nothing to do for a while.
 *
 * <p>A device has at most {@value #MOST_PER_DEVICE} of them at once and all devices together {@value #MOST}, but each device that
 * has I/O waiting has at least one, so one whose back end hangs does not hold up the others. Of one device, I/O begins in the order
 * in which it was submitted; devices take turns.
 */
final class IoThreads implements AutoCloseable {
    static final int MOST_PER_DEVICE = 16;
    static final int MOST = 64;
    private static final Logger LOG = LoggerFactory.getLogger(IoThreads.class);
    private static final Duration IDLE = Duration.ofSeconds(10);
    /** How long I/O waits for a thread that the host cannot start, before it fails. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofMillis(50);

    private final String machine;
    private final Starter starter;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition shortage = lock.newCondition();
    private final List<Lane> lanes = new ArrayList<>();
    /** The one that became idle last is used first. */
    private final Deque<Worker> idle = new ArrayDeque<>();
    /** What is to get a thread of its own, with its name. */
    private final Map<Runnable, String> unstarted = new LinkedHashMap<>();
    private int working;
    private int turn;
    private boolean watched;
    private volatile boolean closed;

    /** Starts a thread. */
    @FunctionalInterface
    interface Starter {
        /** @throws OutOfMemoryError if the host has no thread left */
        void start(String name, Runnable body);
    }

    /** Something to do. Exactly one of the two is called, once. */
    interface Task {
        /** Does it. */
        void run();

        /** It will not be done. */
        void fail(IOException why);
    }

    /** The threads of a machine; none is started yet. */
    IoThreads(String machine) {
        this(machine, (name, body) -> Thread.ofPlatform().daemon().name(name).start(body));
    }

    /** The same with threads that somebody else starts, for tests. */
    IoThreads(String machine, Starter starter) {
        this.machine = machine;
        this.starter = starter;
    }

    /**
     * Starts the thread which sees to it that I/O that finds no other does not wait for ever.
     *
     * @throws org.sterna.machine.MachineException if this host cannot start another thread
     */
    void prepare() {
        lock.lock();
        try {
            if (!watched) {
                HostThreads.start(machine + " i/o", this::watch);
                watched = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Does something on a thread of its own, as soon as the host can start one. It never fails. */
    void start(String name, Runnable body) {
        try {
            starter.start(name, body);
        } catch (OutOfMemoryError e) {
            LOG.warn("{}: waiting for a thread", machine);
            lock.lock();
            try {
                unstarted.put(body, name);
                shortage.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Tries again to start what could not be started; false if the host still has no thread. */
    private boolean startAll() {
        var bodies = unstarted.entrySet().iterator();
        while (bodies.hasNext()) {
            var next = bodies.next();
            try {
                starter.start(next.getValue(), next.getKey());
                bodies.remove();
            } catch (OutOfMemoryError e) {
                return false;
            }
        }
        return true;
    }

    /** A place for the I/O of one device. */
    Lane lane() {
        var lane = new Lane();
        lock.lock();
        try {
            lanes.add(lane);
        } finally {
            lock.unlock();
        }
        return lane;
    }

    /** What one device has to do. */
    final class Lane implements AutoCloseable {
        private final Deque<Waiting> waiting = new ArrayDeque<>();
        private int working;

        /** Does something as soon as there is a thread for it. It never blocks, and never runs the task itself. */
        void execute(Task task) {
            prepare();
            lock.lock();
            try {
                waiting.addLast(new Waiting(task, System.nanoTime()));
                if (closed) {
                    shortage.signal();
                } else {
                    staff(this);
                }
            } finally {
                lock.unlock();
            }
        }

        private boolean mayBegin() {
            return !waiting.isEmpty() && working < MOST_PER_DEVICE && (IoThreads.this.working < MOST || working == 0);
        }

        /** No more I/O of the device will come; there is none waiting. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (waiting.isEmpty()) {
                    lanes.remove(this);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private record Waiting(Task task, long since) {
    }

    /** Gives a lane another thread, if it may have one; false if the host has none. */
    private boolean staff(Lane lane) {
        if (!lane.mayBegin()) {
            return true;
        }
        Worker worker = idle.pollFirst();
        if (worker != null) {
            worker.give(lane);
            worker.wake.signal();
            return true;
        }
        var made = new Worker();
        made.give(lane);
        try {
            starter.start(machine + " i/o", made);
            return true;
        } catch (OutOfMemoryError e) {
            made.takeBack();
            LOG.debug("{}: no thread for I/O", machine, e);
            shortage.signal();
            return false;
        }
    }

    private final class Worker implements Runnable {
        private final Condition wake = lock.newCondition();
        private Lane lane;
        private Waiting next;

        private void give(Lane to) {
            lane = to;
            next = to.waiting.remove();
            lane.working++;
            working++;
        }

        private void takeBack() {
            lane.waiting.addFirst(next);
            lane.working--;
            working--;
        }

        @Override
        public void run() {
            while (next != null) {
                try {
                    next.task.run();
                } catch (Throwable e) {
                    LOG.error("{}: a defect of the machine", machine, e);
                }
                lock.lock();
                try {
                    next = null;
                    lane.working--;
                    working--;
                    lane = null;
                    if (!closed) {
                        choose();
                    }
                    if (next == null && !closed) {
                        sleep();
                    }
                    if (closed) {
                        shortage.signal();
                    }
                } finally {
                    lock.unlock();
                }
            }
        }

        /** Takes what is waiting, in turn. */
        private void choose() {
            for (int i = 0; i < lanes.size(); i++) {
                turn = (turn + 1) % lanes.size();
                if (lanes.get(turn).mayBegin()) {
                    give(lanes.get(turn));
                    return;
                }
            }
        }

        private void sleep() {
            idle.addFirst(this);
            long left = IDLE.toNanos();
            while (next == null && left > 0 && !closed) {
                try {
                    left = wake.awaitNanos(left);
                } catch (InterruptedException e) {
                    // Nobody means this thread.
                }
            }
            idle.remove(this);
        }
    }

    /** Sees to I/O for which there was no thread, and to what is left when the machine is closed. */
    private void watch() {
        boolean over = false;
        while (!over) {
            var failed = new ArrayList<Task>();
            lock.lock();
            try {
                if (!closed && !(startAll() & staffAll())) {
                    drop(failed, PATIENCE.toNanos());
                    shortage.awaitNanos(RETRY.toNanos());
                } else if (!closed) {
                    shortage.await();
                } else {
                    drop(failed, 0);
                    over = working == 0 && failed.isEmpty();
                    if (!over && failed.isEmpty()) {
                        shortage.await();
                    }
                }
            } catch (InterruptedException e) {
                // Nobody means this thread.
            } finally {
                lock.unlock();
            }
            var why = new IOException(closed ? "the machine has been closed" : "this host cannot start another thread");
            failed.forEach(task -> task.fail(why));
        }
    }

    /** Gives every lane a thread that may have one; false if the host has none. */
    private boolean staffAll() {
        boolean all = true;
        for (Lane lane : lanes) {
            all &= staff(lane);
        }
        return all;
    }

    /** Takes away what nobody works on and has been waiting for longer than that; all there is when the machine is closed. */
    private void drop(List<Task> dropped, long age) {
        long now = System.nanoTime();
        for (Lane lane : lanes) {
            if (lane.working == 0 || closed) {
                lane.waiting.removeIf(waiting -> (closed || now - waiting.since() > age) && dropped.add(waiting.task()));
            }
        }
    }

    /** Lets the threads end when they have done what they are doing; what has not begun fails. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            idle.forEach(worker -> worker.wake.signal());
            shortage.signal();
        } finally {
            lock.unlock();
        }
    }
}
