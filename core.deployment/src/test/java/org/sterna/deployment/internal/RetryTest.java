package org.sterna.deployment.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What has failed is tried again, ever more rarely and with a bound. */
class RetryTest {
    private final LinkedBlockingQueue<Long> times = new LinkedBlockingQueue<>();

    private Retry retry(Duration first, Duration longest) {
        return new Retry("retry", first, longest, () -> {
            assertFalse(Thread.currentThread().isVirtual(), "it may block");
            times.add(System.nanoTime());
        });
    }

    private long next() throws InterruptedException {
        Long time = times.poll(30, TimeUnit.SECONDS);
        assertTrue(time != null, "not tried again");
        return time;
    }

    @Test
    void theDelayGrowsUpToTheLongest() throws InterruptedException {
        try (Retry retry = retry(Duration.ofMillis(40), Duration.ofMillis(100))) {
            for (long least : new long[] {40, 80, 100, 100}) {
                long scheduled = System.nanoTime();
                retry.later();
                long waited = TimeUnit.NANOSECONDS.toMillis(next() - scheduled);
                assertTrue(waited >= least - 1, waited + " ms instead of " + least);
                assertEquals(least == 40 ? 80 : 100, retry.delay().toMillis());
            }
            retry.reset();
            assertEquals(40, retry.delay().toMillis());
        }
    }

    @Test
    void whatWasScheduledIsOvertakenByANewScheduleAndByTheEnd() throws InterruptedException {
        try (Retry retry = retry(Duration.ofMillis(1), Duration.ofMillis(1))) {
            retry.later();
            next();
        }
        Retry closed = retry(Duration.ofMillis(50), Duration.ofMillis(50));
        closed.later();
        closed.later();
        closed.close();
        assertNull(times.poll(200, TimeUnit.MILLISECONDS));
    }
}
