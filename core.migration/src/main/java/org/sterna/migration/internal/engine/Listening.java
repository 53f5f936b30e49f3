package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.transport.Transport;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Limits;

/** A receiver: a conversation for each peer that connects, of which one at a time may take a machine over. */
public final class Listening implements Receiver {
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);

    private final Answering answering;
    private final ReceiveOptions options;
    private final Semaphore oneAtATime = new Semaphore(1);
    /** The threads of the conversations under way; guards itself and {@link #closed}. */
    private final Map<Connection, Thread> conversations = new HashMap<>();
    private final Transport.Listener listener;
    private boolean closed;

    /** Starts to listen. */
    public Listening(Transport transport, Endpoint endpoint, Answering answering, ReceiveOptions options) {
        this.answering = answering;
        this.options = options;
        this.listener = transport.listen(endpoint, this::accept);
    }

    private void accept(Connection connection) {
        synchronized (conversations) {
            if (!closed && conversations.size() < Limits.CONVERSATIONS) {
                conversations.put(connection, Thread.ofPlatform().daemon().name("sterna-receive-" + options.name())
                    .start(() -> converse(connection)));
                return;
            }
        }
        connection.close(Failure.here(options.name(), "too many conversations at once", "try again later"));
    }

    private void converse(Connection connection) {
        try {
            new Incoming(connection, answering, options, oneAtATime).run();
        } finally {
            synchronized (conversations) {
                conversations.remove(connection);
            }
        }
    }

    @Override
    public Endpoint endpoint() {
        return listener.endpoint();
    }

    @Override
    public void close() {
        listener.close();
        Map<Connection, Thread> open;
        synchronized (conversations) {
            closed = true;
            open = Map.copyOf(conversations);
        }
        open.forEach((connection, thread) -> {
            connection.end(new Failure(Failure.Origin.HERE,
                List.of(Reason.of(options.name(), "the receiver has been closed", ""))));
            if (thread != Thread.currentThread()) {
                join(thread);
            }
        });
    }

    private static void join(Thread thread) {
        try {
            thread.join(CLOSE_WAIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
