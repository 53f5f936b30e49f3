package org.sterna.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages to somebody who reads, who does not, and who has gone. */
@Timeout(60)
class StandardErrorTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    @Test
    void whoeverWritesGoesOnWhenItHasBeenTaken() {
        var taken = new ByteArrayOutputStream();
        var err = new PrintStream(new StandardError(taken, LONG), true, StandardCharsets.UTF_8);
        for (int i = 0; i < 100; i++) {
            err.println("line " + i);
            assertTrue(taken.toString(StandardCharsets.UTF_8).endsWith("line " + i + System.lineSeparator()));
        }
        String much = "0123456789".repeat(20_000);
        err.print(much);
        assertTrue(taken.toString(StandardCharsets.UTF_8).endsWith(much));
    }

    @Test
    void nobodyWaitsForWhoDoesNotRead() throws Exception {
        var reads = new CountDownLatch(1);
        var taken = new ByteArrayOutputStream();
        var error = new StandardError(new OutputStream() {
            @Override
            public void write(int value) {
                throw new UnsupportedOperationException();
            }

            @Override
            public synchronized void write(byte[] bytes, int from, int count) {
                try {
                    reads.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                synchronized (taken) {
                    taken.write(bytes, from, count);
                }
            }
        }, Duration.ofMillis(20));
        var err = new PrintStream(error, true, StandardCharsets.UTF_8);
        String line = "a message for nobody".repeat(50);
        for (int i = 0; i < 1000; i++) {
            err.println(i + line);
        }
        reads.countDown();
        while (!text(taken).contains("bytes of messages are missing here")) {
            Thread.onSpinWait();
        }
        err.println("and on");
        error.awaitPassed();
        while (!text(taken).endsWith("and on\n")) {
            Thread.onSpinWait();
        }
        long whole = text(taken).lines().filter(each -> each.matches("[0-9]+" + line)).count();
        assertTrue(whole > 10 && whole < 1000, whole + " whole lines");
        assertEquals(text(taken).lines().count(), whole + 3, "no line is cut");
    }

    private static String text(ByteArrayOutputStream taken) {
        synchronized (taken) {
            return taken.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void nobodyWaitsForWhoHasGone() {
        var err = new PrintStream(new StandardError(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        }, LONG), true, StandardCharsets.UTF_8);
        for (int i = 0; i < 1000; i++) {
            err.println("a message for nobody");
        }
    }
}
