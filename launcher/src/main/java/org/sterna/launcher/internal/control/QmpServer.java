package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.sterna.launcher.internal.Json;
import org.sterna.migration.Endpoint;

/** A control socket: QMP for any number of clients at once. */
public final class QmpServer implements AutoCloseable {
    private final ServerSocketChannel channel;
    private final Endpoint endpoint;
    private final MachineControl control;
    private final QmpCommands commands;
    private final Set<QmpSession> sessions = ConcurrentHashMap.newKeySet();

    /**
     * Opens a control socket.
     *
     * @throws org.sterna.machine.MachineException if it cannot listen there
     */
    public QmpServer(Endpoint listen, MachineControl control) {
        this.control = control;
        commands = new QmpCommands(control);
        channel = Sockets.listen(listen);
        endpoint = real(listen);
        control.events(this::event);
        Thread.ofVirtual().name("qmp-accept").start(new Acceptor("control socket " + endpoint, channel, this::accept));
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
        var session = new QmpSession(client, commands);
        sessions.add(session);
        Thread.ofVirtual().name("qmp-session").start(() -> {
            try {
                session.serve();
            } finally {
                sessions.remove(session);
                synchronized (this) {
                    notifyAll();
                }
            }
        });
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
            if (endpoint instanceof Endpoint.Unix(Path path)) {
                Files.deleteIfExists(path);
            }
            channel.close();
        } catch (IOException e) {
            // Nothing that a user could do about it.
        }
    }

    /** Stops listening and ends all sessions. */
    @Override
    public void close() {
        retire();
        control.events((name, data) -> { });
        sessions.forEach(QmpSession::close);
    }
}
