package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.MachineException;

/** One client of a control socket. What it sends never ends more than its own session. */
final class QmpSession {
    /** A client that does not read while this many messages wait for it is dropped: events must not hold up a machine. */
    private static final int MAX_WAITING = 1024;
    private static final int MAX_REQUEST = 64 * 1024;
    private static final byte[] END = {};

    private final SocketChannel channel;
    private final QmpCommands commands;
    private final BlockingQueue<byte[]> outgoing = new LinkedBlockingQueue<>(MAX_WAITING);
    private final Thread writer = Thread.ofVirtual().name("qmp-writer").unstarted(this::write);
    /** Held while a request is answered: the end of the session must not overtake the answer to {@code quit}. */
    private final ReentrantLock answering = new ReentrantLock();
    private volatile boolean negotiated;

    QmpSession(SocketChannel channel, QmpCommands commands) {
        this.channel = channel;
        this.commands = commands;
    }

    /** Serves the client until it goes. */
    void serve() {
        writer.start();
        try {
            send(commands.greeting());
            var messages = new JsonMessages(channel, MAX_REQUEST);
            while (true) {
                byte[] message;
                try {
                    message = messages.next();
                } catch (JsonMessages.TooLong e) {
                    send(error(QmpException.generic(e.getMessage())));
                    continue;
                }
                if (message == null) {
                    break;
                }
                answering.lock();
                try {
                    send(answer(message));
                } finally {
                    answering.unlock();
                }
            }
        } catch (IOException e) {
            // The client has gone, or the server ends.
        }
        close();
    }

    /** Tells the client what has happened, if it wants to know. */
    void event(ObjectNode event) {
        if (negotiated) {
            send(event);
        }
    }

    /** Ends the session after what it still has to say. */
    void close() {
        try {
            if (answering.tryLock(1, TimeUnit.SECONDS)) {
                answering.unlock();
            }
            outgoing.offer(END);
            writer.join(TimeUnit.SECONDS.toMillis(1));
            channel.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }

    private ObjectNode answer(byte[] message) {
        JsonNode request;
        try {
            request = Json.read(message);
        } catch (IOException e) {
            return error(QmpException.generic("not JSON: " + e.getMessage().lines().findFirst().orElse("")));
        }
        ObjectNode answer;
        try {
            answer = Json.object();
            answer.set("return", execute(request));
        } catch (QmpException e) {
            answer = error(e);
        } catch (MachineException e) {
            answer = error(QmpException.generic(e.getMessage()));
            ((ObjectNode) answer.get("error")).set("x-sterna-reasons", Json.array(e.reasons(), Json::of));
        } catch (RuntimeException e) {
            answer = error(QmpException.generic("internal error: " + e));
        }
        if (request.has("id")) {
            answer.set("id", request.get("id"));
        }
        return answer;
    }

    private JsonNode execute(JsonNode request) throws QmpException {
        if (!request.isObject()) {
            throw QmpException.generic("a request is a JSON object");
        }
        for (Iterator<String> names = request.fieldNames(); names.hasNext();) {
            String name = names.next();
            if (!name.equals("execute") && !name.equals("arguments") && !name.equals("id")) {
                throw QmpException.generic("a request has no member '" + name + "'");
            }
        }
        if (!request.path("execute").isTextual()) {
            throw QmpException.generic("a request names its command in the member 'execute'");
        }
        JsonNode arguments = request.has("arguments") ? request.get("arguments") : Json.object();
        if (!arguments.isObject()) {
            throw QmpException.generic("the member 'arguments' is a JSON object");
        }
        String command = request.get("execute").asText();
        if (command.equals("qmp_capabilities")) {
            if (negotiated) {
                throw QmpException.notFound("capabilities have been negotiated already");
            }
            negotiated = true;
            return Json.object();
        }
        if (!negotiated) {
            throw QmpException.notFound("expecting capabilities negotiation with 'qmp_capabilities'");
        }
        return commands.execute(command, (ObjectNode) arguments);
    }

    private static ObjectNode error(QmpException e) {
        ObjectNode answer = Json.object();
        answer.set("error", Json.object().put("class", e.kind()).put("desc", e.getMessage()));
        return answer;
    }

    private void send(ObjectNode message) {
        byte[] line = (Json.write(message) + "\r\n").getBytes(StandardCharsets.UTF_8);
        if (!outgoing.offer(line)) {
            try {
                channel.close();
            } catch (IOException e) {
                // It is closed all the same.
            }
        }
    }

    private void write() {
        try {
            for (byte[] line = outgoing.take(); line != END; line = outgoing.take()) {
                for (ByteBuffer bytes = ByteBuffer.wrap(line); bytes.hasRemaining();) {
                    channel.write(bytes);
                }
            }
        } catch (IOException e) {
            // The reader notices too.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
