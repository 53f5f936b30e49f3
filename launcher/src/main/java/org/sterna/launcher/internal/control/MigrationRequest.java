package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.MachineException;

/** Sends a machine of another process away, or into a file, and follows that to the end. */
public final class MigrationRequest {
    private static final long REFRESH_MS = 100;
    private static final String INFO = "x-sterna-info";
    /** Why a process ends; else the guest has ended by itself. */
    private static final Set<String> ENDS = Set.of("host-signal", "host-qmp-quit");

    private final CompletableFuture<Result> last = new CompletableFuture<>();
    /** Whether the machine's process has said that it ends; of the client's thread. */
    private boolean ends;

    private MigrationRequest() {
    }

    /**
     * How it has ended.
     *
     * @param info  the last answer to {@code query-migrate}
     * @param guest what has become of the guest
     */
    public record Result(JsonNode info, GuestAfter guest) {
    }

    /**
     * Starts it and waits for its end.
     *
     * @param connect   connects to the machine's control socket, with what takes its events
     * @param what      what is begun, for messages
     * @param command   {@code x-sterna-migrate} or {@code x-sterna-snapshot}
     * @param arguments of the command
     * @param progress  takes the answers to {@code query-migrate} on the way
     * @return how it has ended
     * @throws MachineException if it cannot start or the machine's process is lost
     */
    public static Result run(Function<Consumer<JsonNode>, QmpClient> connect, String what, String command,
            ObjectNode arguments, Consumer<JsonNode> progress) throws InterruptedException {
        var request = new MigrationRequest();
        try (QmpClient client = connect.apply(request::take)) {
            client.ended().thenRun(() -> request.last.completeExceptionally(
                MachineException.failed(what, "", "the machine's process has ended before it was done", "")));
            client.execute(command, arguments);
            return request.follow(client, progress);
        }
    }

    private void take(JsonNode event) {
        JsonNode data = event.path("data");
        if (event.path("event").asText().equals("SHUTDOWN") && ENDS.contains(data.path("reason").asText())) {
            ends = true;
        } else if (data.has(INFO)) {
            last.complete(new Result(data.get(INFO), GuestAfter.of(data, ends)));
        }
    }

    private Result follow(QmpClient client, Consumer<JsonNode> progress) throws InterruptedException {
        while (true) {
            try {
                return last.get(REFRESH_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                refresh(client, progress);
            } catch (ExecutionException e) {
                throw (MachineException) e.getCause();
            }
        }
    }

    private static void refresh(QmpClient client, Consumer<JsonNode> progress) {
        try {
            progress.accept(client.execute("query-migrate", Json.object()));
        } catch (MachineException e) {
            // The source's process ends with the migration; its last word counts.
            if (!client.ended().isDone()) {
                throw e;
            }
        }
    }
}
