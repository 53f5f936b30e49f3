package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Reason;

/**
 * Accepts connections until its socket is closed. While that fails, most often because this process has no file descriptors left,
 * it tries again ever more slowly, at least once a second, and says so once.
 */
final class Acceptor implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final String what;
    private final Source source;
    private final Consumer<SocketChannel> accepted;
    private Duration pause = Duration.ZERO;

    /** Where connections come from. */
    interface Source {
        /** The next one. */
        SocketChannel accept() throws IOException;

        /** Whether there may be another. */
        boolean isOpen();
    }

    /**
     * An acceptor for a socket.
     *
     * @param what     what it is, for messages
     * @param accepted gets each connection, on this thread
     */
    Acceptor(String what, ServerSocketChannel channel, Consumer<SocketChannel> accepted) {
        this(what, new Source() {
            @Override
            public SocketChannel accept() throws IOException {
                return channel.accept();
            }

            @Override
            public boolean isOpen() {
                return channel.isOpen();
            }
        }, accepted);
    }

    Acceptor(String what, Source source, Consumer<SocketChannel> accepted) {
        this.what = what;
        this.source = source;
        this.accepted = accepted;
    }

    @Override
    public void run() {
        while (source.isOpen()) {
            try {
                SocketChannel next = source.accept();
                pause = Duration.ZERO;
                accepted.accept(next);
            } catch (IOException e) {
                if (source.isOpen()) {
                    rest(e);
                }
            }
        }
    }

    private void rest(IOException failure) {
        if (pause.isZero()) {
            LOG.warn("{}: a connection cannot be accepted: {}; tried again until it can be", what,
                Reason.causeOf(failure));
            pause = FIRST_PAUSE;
        } else {
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
        LockSupport.parkNanos(pause.toNanos());
    }
}
