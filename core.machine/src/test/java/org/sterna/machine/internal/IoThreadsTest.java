package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** I/O of several devices: bounded, fair, and never left waiting for a thread that does not come. */
class IoThreadsTest {
    private static final long PATIENCE_SECONDS = 20;

    private final Set<Thread> started = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean noThreads = new AtomicBoolean();
    private final IoThreads threads = new IoThreads("m", Duration.ofMillis(50), (name, body) -> {
        if (noThreads.get()) {
            throw new OutOfMemoryError("unable to create native thread");
        }
        started.add(Thread.ofPlatform().daemon().name(name).start(body));
    });
    private final CountDownLatch release = new CountDownLatch(1);
    private final BlockingQueue<Object> done = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        release.countDown();
        threads.close();
    }

    private IoThreads.Lane lane() {
        return threads.lane(stalled -> { });
    }

    /** Something to do; what comes of it is in the queue. */
    private IoThreads.Task task(String name, DoIt body) {
        return new IoThreads.Task() {
            @Override
            public void run() {
                try {
                    body.run();
                    done.add(name);
                } catch (Exception e) {
                    done.add(e);
                }
            }

            @Override
            public void fail(IOException why) {
                done.add(why);
            }
        };
    }

    private interface DoIt {
        void run() throws Exception;
    }

    private Object next() throws InterruptedException {
        Object next = done.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertTrue(next != null, "nothing has happened");
        return next;
    }

    /** Some I/O that does not return, and when it has begun. */
    private void hang(IoThreads.Lane lane, int count, int expected) throws InterruptedException {
        var begun = new CountDownLatch(expected);
        for (int i = 0; i < count; i++) {
            lane.execute(task("hung", () -> {
                begun.countDown();
                release.await();
            }));
        }
        assertTrue(begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void aDeviceHasSoManyThreadsAndTheOthersHaveTheirs() throws InterruptedException {
        var slow = lane();
        hang(slow, 100, IoThreads.MOST_PER_DEVICE);
        assertEquals(IoThreads.MOST_PER_DEVICE, started.size());
        lane().execute(task("fast", () -> { }));
        assertEquals("fast", next());
    }

    @Test
    void aMachineHasSoManyThreadsAndOneForEachDeviceInAnyCase() throws InterruptedException {
        int devices = IoThreads.MOST / IoThreads.MOST_PER_DEVICE;
        for (int i = 0; i < devices; i++) {
            hang(lane(), IoThreads.MOST_PER_DEVICE, IoThreads.MOST_PER_DEVICE);
        }
        var late = lane();
        for (int i = 0; i < 10; i++) {
            late.execute(task("late", () -> { }));
        }
        for (int i = 0; i < 10; i++) {
            assertEquals("late", next());
        }
        assertEquals(IoThreads.MOST + 1, started.size());
    }

    @Test
    void whatOneDeviceSubmitsBeginsInThatOrder() throws InterruptedException {
        var lane = lane();
        hang(lane, IoThreads.MOST_PER_DEVICE - 1, IoThreads.MOST_PER_DEVICE - 1);
        var order = Collections.synchronizedList(new ArrayList<Integer>());
        for (int i = 0; i < 50; i++) {
            int number = i;
            lane.execute(task("", () -> order.add(number)));
        }
        for (int i = 0; i < 50; i++) {
            next();
        }
        assertEquals(order.stream().sorted().toList(), order);
    }

    @Test
    void devicesTakeTurns() throws InterruptedException {
        var first = lane();
        var second = lane();
        for (int left = IoThreads.MOST - 2; left > 0; left -= IoThreads.MOST_PER_DEVICE) {
            int some = Math.min(left, IoThreads.MOST_PER_DEVICE);
            hang(lane(), some, some);
        }
        var begun = new CountDownLatch(2);
        var go = new CountDownLatch(1);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        for (var lane : List.of(first, second)) {
            lane.execute(task("", () -> {
                begun.countDown();
                go.await();
            }));
        }
        assertTrue(begun.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
        for (int i = 0; i < 20; i++) {
            for (var lane : List.of(first, second)) {
                lane.execute(task("", () -> order.add(lane == first ? "first" : "second")));
            }
        }
        go.countDown();
        for (int i = 0; i < 42; i++) {
            next();
        }
        assertTrue(order.subList(0, 20).contains("first") && order.subList(0, 20).contains("second"), order::toString);
    }

    @Test
    void anIdleThreadIsUsedAgain() throws InterruptedException {
        var lane = lane();
        for (int i = 0; i < 50; i++) {
            lane.execute(task("done", () -> { }));
            assertEquals("done", next());
            while (started.stream().noneMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING)) {
                Thread.onSpinWait();
            }
        }
        assertEquals(1, started.size());
    }

    @Test
    void withoutAThreadItFailsAfterAWhile() throws InterruptedException {
        noThreads.set(true);
        threads.prepare();
        lane().execute(task("never", () -> { }));
        Object failure = next();
        assertTrue(failure instanceof IOException e && e.getMessage().contains("cannot start another thread"), failure.toString());
    }

    @Test
    void aThreadThatComesLateIsInTime() throws InterruptedException {
        noThreads.set(true);
        threads.prepare();
        var lane = lane();
        lane.execute(task("first", () -> { }));
        lane.execute(task("second", () -> { }));
        threads.start("by itself", () -> done.add("by itself"));
        noThreads.set(false);
        assertEquals(Set.of("first", "second", "by itself"), Set.of(next(), next(), next()));
    }

    @Test
    void whatFindsNoThreadIsDoneByOneThatIsThere() throws InterruptedException {
        var lane = lane();
        var go = new CountDownLatch(1);
        lane.execute(task("first", go::await));
        noThreads.set(true);
        lane.execute(task("second", () -> { }));
        assertFalse(done.contains("second"));
        go.countDown();
        assertEquals("first", next());
        assertEquals("second", next());
    }

    @Test
    void whatHasNotBegunWhenTheMachineIsClosedFails() throws InterruptedException {
        var lane = lane();
        hang(lane, IoThreads.MOST_PER_DEVICE, IoThreads.MOST_PER_DEVICE);
        lane.execute(task("late", () -> { }));
        threads.close();
        Object failure = next();
        assertTrue(failure instanceof IOException e && e.getMessage().contains("closed"), failure.toString());
        release.countDown();
        for (Thread thread : started) {
            assertTrue(thread.join(Duration.ofSeconds(PATIENCE_SECONDS)), "a thread that has nothing left to do goes on");
        }
    }

    @Test
    void whoDoesNotReturnIsTold() throws InterruptedException {
        var lane = threads.lane(done::add);
        lane.execute(task("quick", () -> { }));
        assertEquals("quick", next());
        lane.execute(task("slow", release::await));
        assertEquals(true, next());
        release.countDown();
        assertEquals(Set.of("slow", false), Set.of(next(), next()));
    }
}
