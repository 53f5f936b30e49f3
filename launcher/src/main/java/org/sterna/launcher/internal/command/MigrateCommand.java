package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.launcher.internal.terminal.Progress;
import org.sterna.launcher.internal.terminal.VerdictText;
import org.sterna.machine.MachineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Moves a running machine to a peer. */
@Command(name = "migrate", description = "Move a running machine to a target, if its verdict allows it.")
final class MigrateCommand implements Callable<Integer> {
    private static final long REFRESH_MS = 100;

    private final Services services;

    @Mixin
    private MigrationArguments migration;
    @Mixin
    private Report report;
    @Option(names = "--downtime-limit", paramLabel = "MS", description = "How long the guest may stand still (300).")
    private Long downtimeLimit;
    @Option(names = "--bandwidth", paramLabel = "BYTES",
        description = "The most bytes per second to send while the guest runs; 0 for as many as the line takes (0).")
    private Long bandwidth;

    MigrateCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws InterruptedException {
        ObjectNode arguments = migration.arguments();
        if (downtimeLimit != null) {
            arguments.put("downtime-limit", downtimeLimit);
        }
        if (bandwidth != null) {
            arguments.put("bandwidth", bandwidth);
        }
        var last = new CompletableFuture<JsonNode>();
        try (QmpClient client = migration.machine().connect(services, event -> {
            if (event.path("data").has("x-sterna-info")) {
                last.complete(event.path("data").path("x-sterna-info"));
            }
        })) {
            client.ended().thenRun(() -> last.completeExceptionally(
                MachineException.failed("migration", "", "the source's process ended before the migration did", "")));
            client.execute("x-sterna-migrate", arguments);
            return tell(follow(client, last));
        }
    }

    /** Shows progress until the migration has ended, and returns how. */
    private JsonNode follow(QmpClient client, CompletableFuture<JsonNode> last) throws InterruptedException {
        try (var progress = new Progress(services.err(), Progress.watched() && !report.json())) {
            while (true) {
                try {
                    return last.get(REFRESH_MS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    refresh(client, progress, last);
                } catch (ExecutionException e) {
                    throw (MachineException) e.getCause();
                }
            }
        }
    }

    private static void refresh(QmpClient client, Progress progress, CompletableFuture<JsonNode> last) {
        try {
            progress.show(client.execute("query-migrate", Json.object()));
        } catch (MachineException e) {
            // The source's process ends with the migration; its last word counts.
            if (!client.ended().isDone()) {
                throw e;
            }
        }
    }

    private int tell(JsonNode info) {
        String status = info.path("status").asText();
        JsonNode verdict = info.path("x-sterna-verdict");
        ObjectNode result = Json.object().put("result", status.equals("completed") ? "ok" : status)
            .put("verdict", verdict.path("verdict").asText(null))
            .put("downtime_ms", info.path("downtime").asLong()).put("total_ms", info.path("total-time").asLong())
            .put("ram_bytes", info.path("ram").path("transferred").asLong())
            .put("rounds", info.path("ram").path("dirty-sync-count").asInt());
        result.set("sections", verdict.path("sections").isArray() ? verdict.path("sections") : Json.texts(List.of()));
        result.set("reasons", info.path("x-sterna-reasons").isArray() ? info.path("x-sterna-reasons")
            : Json.texts(List.of()));
        report.result(services, result, () -> text(info, status));
        if (status.equals("completed")) {
            return 0;
        }
        return "LOSSY".equals(verdict.path("verdict").asText()) ? 3 : 1;
    }

    private static String text(JsonNode info, String status) {
        String table = info.has("x-sterna-verdict") ? VerdictText.of(VerdictJson.read(info.get("x-sterna-verdict"))) : "";
        return table + switch (status) {
            case "completed" -> String.format(Locale.ROOT,
                "migrated in %d ms, of which the guest stood still for %d ms; %.1f MiB sent in %d rounds%n",
                info.path("total-time").asLong(), info.path("downtime").asLong(),
                info.path("ram").path("transferred").asLong() / 1048576.0, info.path("ram").path("dirty-sync-count").asInt());
            case "cancelled" -> "cancelled; the guest runs where it was\n";
            default -> "failed:\n" + VerdictText.reasons(Json.list(info.path("x-sterna-reasons"), Json::reason));
        };
    }
}
