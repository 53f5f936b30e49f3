package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AcceptorTest {
    /** Fails for a while, as a socket does when there are no file descriptors, then gives a connection and is closed. */
    private static final class Exhausted implements Acceptor.Source {
        private final long end = System.nanoTime() + Duration.ofMillis(600).toNanos();
        private final AtomicInteger tries = new AtomicInteger();
        private volatile boolean open = true;

        @Override
        public SocketChannel accept() throws IOException {
            tries.incrementAndGet();
            if (System.nanoTime() - end < 0) {
                throw new IOException("Too many open files");
            }
            return SocketChannel.open();
        }

        @Override
        public boolean isOpen() {
            return open;
        }
    }

    @Test
    void whatCannotBeAcceptedIsTriedAgainEverMoreSlowly() throws Exception {
        var source = new Exhausted();
        var accepted = new CountDownLatch(1);
        var thread = Thread.ofVirtual().start(new Acceptor("test", source, client -> {
            source.open = false;
            try (client) {
                accepted.countDown();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }));
        assertTrue(accepted.await(10, TimeUnit.SECONDS), "it goes on once it can");
        assertTrue(thread.join(Duration.ofSeconds(10)));
        // 10, 20, 40, 80, 160, 320, 640 ms.
        assertTrue(source.tries.get() <= 8, source.tries + " tries");
    }
}
