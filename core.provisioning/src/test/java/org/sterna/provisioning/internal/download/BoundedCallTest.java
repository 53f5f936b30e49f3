package org.sterna.provisioning.internal.download;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.sterna.machine.MachineException;

/** Work that never ends, or ends badly. */
class BoundedCallTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(200);

    private static String failure(Duration duration, BoundedCall.Work<String> work, BlockingQueue<String> late) {
        return assertThrows(MachineException.class, () -> BoundedCall.run(Deadline.in(duration), "it", work, late::add))
            .getMessage();
    }

    /** Does not care for interrupts, like a read of a file system that is gone. */
    private static void hang(CountDownLatch until) {
        while (until.getCount() > 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Test
    void aResultComesBack() {
        assertEquals("done", BoundedCall.run(Deadline.in(LONG), "it", call -> "done", late -> { }));
    }

    @Test
    void whatHangsIsLeftBehindAndItsResultIsNotForgotten() throws Exception {
        var late = new LinkedBlockingQueue<String>();
        var until = new CountDownLatch(1);
        var cancelled = new CountDownLatch(1);
        String said = failure(SHORT, call -> {
            call.onCancel(cancelled::countDown);
            hang(until);
            return "late";
        }, late);
        assertEquals("it: there was no answer within 200 ms (see whether the repository is slow or hangs)", said);
        assertTrue(cancelled.await(10, TimeUnit.SECONDS));
        assertTrue(late.isEmpty());
        until.countDown();
        assertEquals("late", late.poll(10, TimeUnit.SECONDS));
    }

    @Test
    void onlySoManyAreLeftBehind() throws Exception {
        var late = new LinkedBlockingQueue<String>();
        var until = new CountDownLatch(1);
        try {
            for (int i = 0; i < 4; i++) {
                failure(SHORT, call -> {
                    hang(until);
                    return "late";
                }, late);
            }
            String said = failure(LONG, call -> "done", late);
            assertTrue(said.contains("earlier searches still hang"), said);
        } finally {
            until.countDown();
        }
        for (int i = 0; i < 4; i++) {
            assertEquals("late", late.poll(10, TimeUnit.SECONDS));
        }
        var done = new ArrayList<String>();
        // A thread frees its place right after it has handed over its result.
        while (done.isEmpty()) {
            try {
                done.add(BoundedCall.run(Deadline.in(LONG), "it", call -> "done", value -> { }));
            } catch (MachineException e) {
                assertTrue(e.getMessage().contains("earlier searches"), e.getMessage());
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void whateverIsThrownIsAReason() {
        var late = new LinkedBlockingQueue<String>();
        String said = failure(LONG, call -> {
            throw new StackOverflowError();
        }, late);
        assertTrue(said.contains("what is there cannot be used: java.lang.StackOverflowError"), said);
        MachineException reason = MachineException.failed("this", "", "is why", "");
        assertSame(reason, assertThrows(MachineException.class, () -> BoundedCall.run(Deadline.in(LONG), "it", call -> {
            throw reason;
        }, value -> { })));
    }
}
