package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
    private final HostRoom room;
    /** How long a peer may keep a conversation waiting that others could have. */
    private final Duration patience;
    /** The conversations under way; guards itself and {@link #closed}. */
    private final Map<Connection, Conversation> conversations = new HashMap<>();
    private final ThreadStarter threads;
    private final Transport.Listener listener;
    private boolean closed;

    /** Starts to listen. */
    public Listening(Transport transport, Endpoint endpoint, Answering answering, ReceiveOptions options, HostRoom room,
            ThreadStarter threads) {
        this.answering = answering;
        this.room = room;
        this.threads = threads;
        this.options = options;
        this.patience = transport.timeouts().handshake();
        this.listener = transport.listen(endpoint, this::accept, this::makeRoomIfPossible);
    }

    /** A conversation and its thread. */
    private record Conversation(Incoming incoming, Thread thread) {
    }

    private void accept(Connection connection) {
        try {
            begin(connection);
        } catch (Failure refused) {
            connection.refuse(Incoming.PREAMBLE, refused);
        } catch (RuntimeException | Error e) {
            // No thread could be started, for example; whoever has connected must not wait for nothing.
            connection.refuse(Incoming.PREAMBLE, Failure.of(options.name(), e));
        }
    }

    private void begin(Connection connection) throws Failure {
        synchronized (conversations) {
            if (closed) {
                throw closedHere();
            }
            if (conversations.size() >= Limits.CONVERSATIONS) {
                makeRoom();
            }
            var incoming = new Incoming(connection, answering, options, room);
            conversations.put(connection, new Conversation(incoming,
                threads.start("sterna-receive-" + options.name(), () -> converse(connection, incoming))));
        }
    }

    /** A peer that says nothing gives way to one that may have something to say, so that nobody can keep the others out. */
    private void makeRoom() throws Failure {
        giveWay(mostSilent().orElseThrow(
            () -> Failure.here(options.name(), "too many conversations at once", "try again later")));
    }

    /** The same, for one who cannot even be accepted. */
    void makeRoomIfPossible() {
        synchronized (conversations) {
            mostSilent().ifPresent(this::giveWay);
        }
    }

    private Optional<Connection> mostSilent() {
        return conversations.entrySet().stream()
            .filter(entry -> entry.getValue().incoming.waiting().compareTo(patience) >= 0)
            .max(Comparator.comparing(entry -> entry.getValue().incoming.waiting())).map(Map.Entry::getKey);
    }

    private void giveWay(Connection silent) {
        conversations.remove(silent);
        silent.end(Failure.here(options.name(), "gives way to another conversation, since it has said nothing for a while",
            "ask again"));
    }

    private void converse(Connection connection, Incoming incoming) {
        try {
            incoming.run();
        } finally {
            synchronized (conversations) {
                conversations.remove(connection);
            }
        }
    }

    private Failure closedHere() {
        return Failure.here(options.name(),
            "the receiver was closed; it has not taken the guest over, which stays at its source", "");
    }

    @Override
    public Endpoint endpoint() {
        return listener.endpoint();
    }

    @Override
    public void close() {
        listener.close();
        Map<Connection, Conversation> open;
        synchronized (conversations) {
            closed = true;
            open = Map.copyOf(conversations);
        }
        open.forEach((connection, conversation) -> {
            if (conversation.incoming.giveUp()) {
                connection.end(closedHere());
            }
            if (conversation.thread != Thread.currentThread()) {
                join(conversation.thread);
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
