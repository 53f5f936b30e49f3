package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * One client of a control socket. What it sends never ends more than its own session. A command begins when the answers to those
 * before it have been sent, so that nothing is done for a client that has gone or does not read.
 */
final class QmpSession {
    /** The command with which a client shows that it knows the token of a control socket on TCP. */
    static final String AUTHENTICATE = "x-sterna-authenticate";

    private static final Logger LOG = LoggerFactory.getLogger(QmpSession.class);
    private static final int MAX_REQUEST = 64 * 1024;
    /** How long a client may take to read the last answers. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);
    /** How long a command may take to notice that it has been interrupted. */
    private static final Duration INTERRUPTION = Duration.ofSeconds(1);

    private final SocketChannel channel;
    private final QmpCommands commands;
    private final Optional<ControlToken> token;
    private final QmpWriter writer;
    private final Runnable ended;
    private final Thread reading;
    private final Thread writing;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    /** Whether a command is being executed; the end of the session must not overtake the answer to {@code quit}. */
    private boolean executing;
    /** Whether no further command is to begin. */
    private volatile boolean ending;
    /** Whether the client has given a wrong token; it has to connect anew for another try. */
    private boolean refused;
    private volatile boolean authenticated;
    private volatile boolean negotiated;

    /**
     * A session that does not run yet.
     *
     * @param token what the client must know, if anything
     * @param ended what is done when the session has ended
     */
    QmpSession(SocketChannel channel, QmpCommands commands, Optional<ControlToken> token, Runnable ended) {
        this.channel = channel;
        this.commands = commands;
        this.token = token;
        this.ended = ended;
        authenticated = token.isEmpty();
        writer = new QmpWriter(channel);
        // Not virtual threads: what blocks those of machines must not block the control of machines.
        reading = thread("qmp-session", this::serve);
        writing = thread("qmp-writer", writer::run);
    }

    private Thread thread(String name, Runnable life) {
        return Thread.ofPlatform().daemon().name(name).uncaughtExceptionHandler((thread, fault) -> {
            // A command that has outlived its session may find nothing there any more that it works with, not even classes.
            if (!ending) {
                LOG.warn("a session of a control socket has ended", fault);
            }
        }).unstarted(life);
    }

    /** Begins to serve the client. */
    void start() {
        writing.start();
        reading.start();
    }

    private void serve() {
        try {
            send(commands.greeting(token.isPresent()));
            var messages = new JsonMessages(channel, MAX_REQUEST);
            boolean goesOn = true;
            while (goesOn && writer.awaitSent()) {
                goesOn = serve(messages);
            }
        } catch (IOException | InterruptedException e) {
            // The client has gone, or the server ends.
        } finally {
            writer.end(LAST_ANSWERS);
            ended.run();
        }
    }

    /** Answers the next request; false if that was the last. */
    private boolean serve(JsonMessages messages) throws IOException {
        byte[] message;
        try {
            message = messages.next(!negotiated);
        } catch (JsonMessages.TooLong e) {
            send(error(QmpException.generic(e.getMessage())));
            return negotiated;
        }
        if (message == null || !begin()) {
            return false;
        }
        try {
            send(answer(message));
            return !refused;
        } finally {
            finish();
        }
    }

    private boolean begin() {
        lock.lock();
        try {
            executing = !ending;
            return executing;
        } finally {
            lock.unlock();
        }
    }

    private void finish() {
        lock.lock();
        try {
            executing = false;
            idle.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Tells the client what has happened, if it wants to know. */
    void event(ObjectNode event) {
        if (negotiated) {
            send(event);
        }
    }

    /** Ends the session of a client that has not shown in time that it knows the token. */
    void endUnlessAuthenticated() {
        if (!authenticated) {
            writer.end(Duration.ZERO);
        }
    }

    /** Lets no further command begin. */
    void endSoon() {
        ending = true;
    }

    /**
     * Ends the session after what it still has to say.
     *
     * @param patience how long the command that is being executed may take before it is interrupted
     */
    void end(Duration patience) {
        ending = true;
        if (Thread.currentThread() == reading) {
            writer.end(LAST_ANSWERS);
            return;
        }
        try {
            if (!awaitIdle(patience)) {
                reading.interrupt();
                awaitIdle(INTERRUPTION);
            }
            writer.end(LAST_ANSWERS);
            reading.join(INTERRUPTION);
            writing.join(INTERRUPTION);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            writer.end(Duration.ZERO);
        }
    }

    private boolean awaitIdle(Duration most) throws InterruptedException {
        lock.lock();
        try {
            long left = most.toNanos();
            while (executing && left > 0) {
                left = idle.awaitNanos(left);
            }
            return !executing;
        } finally {
            lock.unlock();
        }
    }

    private ObjectNode answer(byte[] message) {
        JsonNode request;
        try {
            request = Json.read(message);
        } catch (IOException e) {
            return error(QmpException.generic(Reason.causeOf(e)));
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
        } catch (RuntimeException | Error e) {
            // Whoever waits for the answer must get one, also when there was no memory or no thread left for a command.
            answer = error(QmpException.generic(unforeseen(e)));
        }
        if (request.has("id")) {
            answer.set("id", request.get("id"));
        }
        return answer;
    }

    private static String unforeseen(Throwable failure) {
        if (failure instanceof OutOfMemoryError) {
            return "this process is out of memory or of threads: " + Reason.causeOf(failure)
                + " (give it more, or run fewer machines in it)";
        }
        LOG.error("a command of a control socket has failed, please report it", failure);
        return "something unforeseen went wrong: " + Reason.causeOf(failure)
            + " (report it, with the log of the machine's process)";
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
        return execute(request.get("execute").asText(), (ObjectNode) arguments);
    }

    private JsonNode execute(String command, ObjectNode arguments) throws QmpException {
        if (command.equals(AUTHENTICATE)) {
            authenticate(new Arguments(command, arguments));
            return Json.object();
        }
        if (!authenticated) {
            throw QmpException.notFound("expecting '" + AUTHENTICATE + "' with the token of this control socket");
        }
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
        return commands.execute(command, arguments);
    }

    private void authenticate(Arguments arguments) throws QmpException {
        String given = arguments.text("token", "the token of this control socket");
        arguments.end();
        if (token.isPresent() && !token.get().matches(given)) {
            authenticated = false;
            refused = true;
            throw QmpException.generic("this is not the token of this control socket");
        }
        authenticated = true;
    }

    private static ObjectNode error(QmpException e) {
        ObjectNode answer = Json.object();
        answer.set("error", Json.object().put("class", e.kind()).put("desc", e.getMessage()));
        return answer;
    }

    private void send(ObjectNode message) {
        writer.send((Json.write(message) + "\r\n").getBytes(StandardCharsets.UTF_8));
    }
}
