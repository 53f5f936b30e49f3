package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.MachineException;
import org.sterna.machine.MachineException.Kind;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;

/** The other end of a control socket. Commands may come from any thread. */
public final class QmpClient implements AutoCloseable {
    private static final long PATIENCE_S = 60;
    private static final int MAX_ANSWER = 16 * 1024 * 1024;

    private final String where;
    private final SocketChannel channel;
    private final Consumer<JsonNode> events;
    private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private QmpClient(Endpoint endpoint, SocketChannel channel, Consumer<JsonNode> events) {
        where = endpoint.toString();
        this.channel = channel;
        this.events = events;
    }

    /**
     * Connects to a control socket that wants no token, and negotiates capabilities.
     *
     * @param events what is called with each event, on the client's own thread
     * @throws MachineException if nobody listens there or what answers is no control socket
     */
    public static QmpClient connect(Endpoint endpoint, Consumer<JsonNode> events) {
        return connect(new ControlTarget(endpoint, Optional.empty()), events);
    }

    /**
     * Connects to a control socket, shows that it knows the token, if one is wanted, and negotiates capabilities.
     *
     * @param events what is called with each event, on the client's own thread
     * @throws MachineException if nobody listens there, what answers is no control socket, or it wants another token
     */
    public static QmpClient connect(ControlTarget target, Consumer<JsonNode> events) {
        Endpoint endpoint = target.endpoint();
        SocketChannel channel;
        try {
            channel = Sockets.connect(endpoint);
        } catch (IOException e) {
            throw MachineException.failed(endpoint.toString(), "", "no machine answers there: " + Reason.causeOf(e),
                "start one with ./sterna run");
        }
        var client = new QmpClient(endpoint, channel, events);
        Thread.ofPlatform().daemon().name("qmp-client").start(client::read);
        try {
            JsonNode greeting = client.await(client.greeting, 10);
            if (!greeting.has("QMP")) {
                throw client.failed("what answers there is no control socket");
            }
            if (greeting.path("QMP").path(QmpCommands.TOKEN_WANTED).asBoolean()) {
                client.authenticate(target.token());
            }
            client.execute("qmp_capabilities", Json.object());
            return client;
        } catch (MachineException e) {
            client.close();
            throw e;
        }
    }

    private void authenticate(Optional<ControlToken> token) {
        if (token.isEmpty()) {
            throw MachineException.failed(where, "", "this control socket wants a token, and none is known for it here",
                "name the file with its token in the environment variable " + ControlAddress.TOKEN_FILE);
        }
        execute(QmpSession.AUTHENTICATE, Json.object().put("token", token.get().text()));
    }

    /**
     * Executes a command and returns its result.
     *
     * @throws MachineException with the other end's reasons if it refuses, or if the line breaks
     */
    public JsonNode execute(String command, ObjectNode arguments) {
        long id = ids.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        waiting.put(id, answer);
        ObjectNode request = Json.object().put("execute", command).put("id", id);
        request.set("arguments", arguments);
        ByteBuffer bytes = ByteBuffer.wrap((Json.write(request) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            synchronized (this) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        } catch (IOException e) {
            throw failed("the control connection broke: " + Reason.causeOf(e));
        }
        if (ended.isDone()) {
            answer.completeExceptionally(new IOException("the other end has closed it"));
        }
        JsonNode reply = await(answer, PATIENCE_S);
        JsonNode error = reply.get("error");
        if (error == null) {
            return reply.path("return");
        }
        List<Reason> reasons = Json.list(error.path("x-sterna-reasons"), Json::reason);
        throw reasons.isEmpty() ? failed(error.path("desc").asText()) : new MachineException(Kind.FAILED, reasons);
    }

    /** Completes when the connection has ended. */
    public CompletableFuture<Void> ended() {
        return ended;
    }

    private JsonNode await(CompletableFuture<JsonNode> answer, long seconds) {
        try {
            return answer.get(seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw failed("no answer within " + seconds + " s");
        } catch (ExecutionException e) {
            throw failed("the control connection broke: " + Reason.causeOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted");
        }
    }

    private MachineException failed(String cause) {
        return MachineException.failed(where, "", cause, "");
    }

    private void read() {
        IOException fault = new IOException("the other end has closed it");
        try {
            var messages = new JsonMessages(channel, MAX_ANSWER);
            for (byte[] message = messages.next(); message != null; message = messages.next()) {
                take(Json.read(message));
            }
        } catch (JsonProcessingException e) {
            fault = new IOException("what answers there is no control socket", e);
        } catch (IOException e) {
            fault = e;
        }
        ended.complete(null);
        greeting.completeExceptionally(fault);
        for (var answer : waiting.values()) {
            answer.completeExceptionally(fault);
        }
    }

    private void take(JsonNode message) {
        if (!greeting.isDone()) {
            greeting.complete(message);
        } else if (message.has("event")) {
            events.accept(message);
        } else {
            var answer = waiting.remove(message.path("id").asLong());
            if (answer != null) {
                answer.complete(message);
            }
        }
    }

    /** Ends the connection. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }
}
