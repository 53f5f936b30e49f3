package org.sterna.machine.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuestClockTest {
    private final AtomicLong host = new AtomicLong(1_000_000);
    private final AtomicLong wallMillis = new AtomicLong(1_700_000_000_000L);

    private GuestClock clock() {
        return new GuestClock(host::get, new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return Instant.ofEpochMilli(wallMillis.get());
            }
        });
    }

    @Test
    void standsStillWhileStopped() {
        try (var clock = clock()) {
            host.addAndGet(500);
            assertEquals(0, clock.now());
            clock.start();
            host.addAndGet(100);
            assertEquals(100, clock.now());
            clock.stop();
            host.addAndGet(1000);
            assertEquals(100, clock.now());
            clock.start();
            clock.start();
            host.addAndGet(1);
            assertEquals(101, clock.now());
            assertEquals(0, clock.blackout(), "a pause is no blackout");
        }
    }

    @Test
    void countsTheBlackoutOfAMigration() {
        try (var source = clock(); var destination = clock()) {
            source.start();
            host.addAndGet(100);
            source.stop();
            ClockState state = source.state();
            wallMillis.addAndGet(250);
            destination.restore(state);
            assertEquals(state, destination.state(), "what has been restored is what was saved");
            wallMillis.addAndGet(50);
            destination.start();
            assertEquals(100, destination.now());
            assertEquals(300_000_000, destination.blackout());
            destination.stop();
            destination.start();
            assertEquals(300_000_000, destination.blackout());
        }
    }

    @Test
    void aDestinationWhoseWallClockIsBehindCountsNothing() {
        try (var destination = clock()) {
            destination.restore(new ClockState(5, 7, (wallMillis.get() + 60_000) * 1_000_000));
            destination.start();
            assertEquals(7, destination.blackout());
            assertThrows(IllegalStateException.class, () -> destination.restore(new ClockState(0, 0, 0)));
        }
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0, time is -1 ns", "2305843009213693952, 0, 0, time is", "9223372036854775807, 0, 0, time is",
        "0, -1, 0, blackout is -1 ns", "0, 4611686018427387904, 0, blackout is", "0, 0, -1, stoppedAt is -1 ns"})
    void refusesTimesOutOfRangeAndNamesThem(long time, long blackout, long stoppedAt, String words) {
        try (var clock = clock()) {
            var refused = assertThrows(IllegalArgumentException.class,
                () -> clock.restore(new ClockState(time, blackout, stoppedAt)));
            assertTrue(refused.getMessage().startsWith(words), refused.getMessage());
            assertEquals(0, clock.now(), "nothing was taken over");
        }
    }

    /** Also if the source's wall clock stands at 1970, as without a battery. */
    @Test
    void theGreatestTimesThatAreTakenOverDoNotOverflow() {
        try (var clock = clock()) {
            clock.restore(new ClockState((1L << 61) - 1, (1L << 62) - 1, 0));
            clock.start();
            host.addAndGet(Duration.ofDays(25_000).toNanos());
            assertEquals((1L << 61) - 1 + Duration.ofDays(25_000).toNanos(), clock.now());
            assertEquals((1L << 62) - 1, clock.blackout());
            assertTrue(clock.now() + clock.blackout() > 0, "the sum, which devices make");
            clock.stop();
            assertEquals((1L << 62) - 1, clock.state().blackout());
        }
    }

    @Test
    void timersRunInOrderOfTheirDeadlines() throws InterruptedException {
        try (var clock = new GuestClock()) {
            List<String> order = new CopyOnWriteArrayList<>();
            var done = new CountDownLatch(3);
            for (int i = 3; i >= 1; i--) {
                String name = "t" + i;
                clock.timer(() -> {
                    order.add(name);
                    done.countDown();
                }).arm(i * 1_000_000L);
            }
            var never = clock.timer(() -> order.add("cancelled"));
            never.arm(1);
            never.cancel();
            clock.start();
            assertTrue(done.await(10, TimeUnit.SECONDS));
            assertEquals(List.of("t1", "t2", "t3"), order);
            assertTrue(clock.now() >= 3_000_000, "not before guest time says so");
        }
    }

    @Test
    void noTimerRunsWhileStopped() throws InterruptedException {
        try (var clock = new GuestClock()) {
            var runs = new AtomicLong();
            var first = new CountDownLatch(1);
            var timer = new GuestClock.Timer[1];
            timer[0] = clock.timer(() -> {
                runs.incrementAndGet();
                timer[0].arm(clock.now() + 10_000);
                first.countDown();
            });
            timer[0].arm(0);
            clock.start();
            assertTrue(first.await(10, TimeUnit.SECONDS));
            clock.stop();
            long stopped = runs.get();
            long until = System.nanoTime() + 20_000_000;
            while (System.nanoTime() < until) {
                assertEquals(stopped, runs.get());
            }
            var again = new CountDownLatch(1);
            clock.timer(again::countDown).arm(0);
            clock.start();
            assertTrue(again.await(10, TimeUnit.SECONDS));
        }
    }
}
