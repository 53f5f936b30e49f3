package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.Reason;
import org.sterna.machine.host.UnixSocketFile;
import org.sterna.migration.Endpoint;

/** A control socket: QMP for any number of clients, up to a limit at once. */
public final class QmpServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QmpServer.class);
    /** Each client takes two threads. */
    private static final int MAX_SESSIONS = 64;
    /** How long a client on TCP may take to show that it knows the token. */
    private static final Duration AUTHENTICATION = Duration.ofSeconds(10);
    /** How long commands may take that are being executed when the server is closed. */
    private static final Duration LAST_COMMANDS = Duration.ofSeconds(2);

    private final ServerSocketChannel channel;
    private final Endpoint endpoint;
    private final Optional<UnixSocketFile> file;
    private final Optional<ControlToken> token;
    private final MachineControl control;
    private final QmpCommands commands;
    private final Set<QmpSession> sessions = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer;

    /**
     * Opens a control socket in the file system. Who may write to its folder and file may use it.
     *
     * @throws org.sterna.machine.MachineException if it cannot listen there
     */
    public QmpServer(Endpoint.Unix listen, MachineControl control) {
        this(listen, control, Sockets.listen(listen, false), Optional.of(UnixSocketFile.of(listen.path())), Optional.empty());
    }

    /**
     * Opens a control socket on TCP. Who knows the token may use it.
     *
     * @throws org.sterna.machine.MachineException if it cannot listen there, or other hosts could reach it and shall not
     */
    public QmpServer(Endpoint.Tcp listen, MachineControl control, TcpAccess access) {
        this(listen, control, Sockets.listen(listen, access.remote()), Optional.empty(), Optional.of(access.token()));
    }

    private QmpServer(Endpoint listen, MachineControl control, ServerSocketChannel channel, Optional<UnixSocketFile> file,
            Optional<ControlToken> token) {
        this.control = control;
        this.channel = channel;
        this.file = file;
        this.token = token;
        commands = new QmpCommands(control);
        endpoint = real(listen);
        timer = Executors.newSingleThreadScheduledExecutor(
            action -> Thread.ofPlatform().daemon().name("qmp-timer").unstarted(action));
        control.events(this::event);
        Thread.ofPlatform().daemon().name("qmp-accept").start(
            new Acceptor("control socket " + endpoint, channel, this::accept));
    }

    private Endpoint real(Endpoint listen) {
        try {
            return listen instanceof Endpoint.Tcp(String host, int port)
                ? new Endpoint.Tcp(host, ((InetSocketAddress) channel.getLocalAddress()).getPort()) : listen;
        } catch (IOException e) {
            return listen;
        }
    }

    /** Where it listens; the port is the real one. */
    public Endpoint endpoint() {
        return endpoint;
    }

    private void accept(SocketChannel client) {
        boolean served = false;
        try {
            if (sessions.size() < MAX_SESSIONS) {
                begin(client);
                served = true;
            }
        } catch (OutOfMemoryError e) {
            LOG.warn("control socket {}: a client is turned away: {}", endpoint, Reason.causeOf(e));
        } finally {
            if (!served) {
                close(client);
            }
        }
    }

    private static void close(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }

    private void begin(SocketChannel client) {
        var self = new AtomicReference<QmpSession>();
        var session = new QmpSession(client, commands, token, () -> ended(self.get()));
        self.set(session);
        sessions.add(session);
        boolean started = false;
        try {
            if (token.isPresent()) {
                timer.schedule(session::endUnlessAuthenticated, AUTHENTICATION.toMillis(), TimeUnit.MILLISECONDS);
            }
            session.start();
            started = true;
        } finally {
            if (!started) {
                ended(session);
            }
        }
    }

    private synchronized void ended(QmpSession session) {
        sessions.remove(session);
        notifyAll();
    }

    private void event(String name, ObjectNode data) {
        Instant now = Instant.now();
        ObjectNode event = Json.object();
        event.set("timestamp", Json.object().put("seconds", now.getEpochSecond()).put("microseconds", now.getNano() / 1000));
        event.put("event", name).set("data", data);
        sessions.forEach(session -> session.event(event));
    }

    /** Waits until all clients have gone, but not for long: those that poll should still learn how it ended. */
    public synchronized void linger(Duration most) {
        long end = System.nanoTime() + most.toNanos();
        try {
            for (long left = most.toMillis(); !sessions.isEmpty() && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Listens no more: the address is free for another. Who is connected stays so. */
    public void retire() {
        if (!channel.isOpen()) {
            return;
        }
        try {
            file.ifPresent(UnixSocketFile::delete);
            channel.close();
        } catch (IOException e) {
            // Nothing that a user could do about it.
        }
    }

    /**
     * Stops listening and ends all sessions. Commands that are being executed are waited for, and interrupted if they take long: when
     * this returns, none is under way that could find what it works with gone.
     */
    @Override
    public void close() {
        retire();
        timer.shutdownNow();
        control.events((name, data) -> { });
        sessions.forEach(QmpSession::endSoon);
        long end = System.nanoTime() + LAST_COMMANDS.toNanos();
        sessions.forEach(session -> session.end(Duration.ofNanos(Math.max(0, end - System.nanoTime()))));
    }
}
