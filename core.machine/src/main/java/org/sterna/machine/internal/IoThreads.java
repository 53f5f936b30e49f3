package org.sterna.machine.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
    /** How often to look for I/O that does not return, while there is some. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final String machine;
    private final Duration stall;
    private final Starter starter;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition shortage = lock.newCondition();
    private final List<Lane> lanes = new ArrayList<>();
    /** Those that are doing something. */
    private final Set<Worker> workers = new HashSet<>();
    /** The one that became idle last is used first. */
    private final Deque<Worker> idle = new ArrayDeque<>();
    /** What is to get a thread of its own, with its name. */
    private final Map<Runnable, String> unstarted = new LinkedHashMap<>();
    private int working;
    private int turn;
    private boolean watched;
    /** Whether nobody looks for I/O that does not return, since there is none. */
    private boolean asleep;
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

    /**
     * The threads of a machine; none is started yet.
     *
     * @param stall how long a piece of I/O may take before somebody is told
     */
    IoThreads(String machine, Duration stall) {
        this(machine, stall, (name, body) -> Thread.ofPlatform().daemon().name(name).start(body));
    }

    /** The same with threads that somebody else starts, for tests. */
    IoThreads(String machine, Duration stall, Starter starter) {
        this.machine = machine;
        this.stall = stall;
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

    /**
     * A place for the I/O of one device.
     *
     * @param onStall is told when a piece of its I/O has not returned for a certain time, and when that is over; it must not block
     */
    Lane lane(Consumer<Boolean> onStall) {
        var lane = new Lane(onStall);
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
        private final Consumer<Boolean> onStall;
        private int working;
        private boolean stalled;

        private Lane(Consumer<Boolean> onStall) {
            this.onStall = onStall;
        }

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
        private long began;

        private void give(Lane to) {
            lane = to;
            next = to.waiting.remove();
            began = System.nanoTime();
            lane.working++;
            working++;
            workers.add(this);
            if (asleep) {
                // From now on there is something to look at. It is woken once, and not for each piece of I/O.
                asleep = false;
                shortage.signal();
            }
        }

        private void takeBack() {
            lane.waiting.addFirst(next);
            leave();
        }

        private void leave() {
            lane.working--;
            working--;
            workers.remove(this);
            if (lane.stalled) {
                shortage.signal();
            }
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
                    leave();
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
            var told = new ArrayList<Runnable>();
            lock.lock();
            try {
                lookForStalls(told);
                if (!closed && !told.isEmpty()) {
                    // First they are told.
                } else if (!closed && !(startAll() & staffAll())) {
                    drop(failed, PATIENCE.toNanos());
                    shortage.awaitNanos(RETRY.toNanos());
                } else if (!closed && workers.isEmpty()) {
                    asleep = true;
                    shortage.await();
                    asleep = false;
                } else if (!closed) {
                    shortage.awaitNanos(Math.min(stall.toNanos(), LOOK.toNanos()));
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
            told.forEach(Runnable::run);
        }
    }

    /** Looks which devices have I/O that does not return, and collects whom to tell that this has begun or is over. */
    private void lookForStalls(List<Runnable> told) {
        long now = System.nanoTime();
        for (Lane lane : lanes) {
            boolean stalled = workers.stream().anyMatch(worker -> worker.lane == lane && now - worker.began > stall.toNanos());
            if (stalled != lane.stalled) {
                lane.stalled = stalled;
                told.add(() -> lane.onStall.accept(stalled));
            }
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
            // A machine that has been closed keeps no device; what still waits is failed on the thread that looks after it.
            lanes.removeIf(lane -> lane.waiting.isEmpty());
            idle.forEach(worker -> worker.wake.signal());
            shortage.signal();
        } finally {
            lock.unlock();
        }
    }
}
