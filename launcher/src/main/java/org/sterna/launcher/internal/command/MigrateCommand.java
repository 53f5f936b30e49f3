package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.control.GuestAfter;
import org.sterna.launcher.internal.control.MigrationRequest;
import org.sterna.launcher.internal.terminal.Progress;
import org.sterna.launcher.internal.terminal.VerdictText;
import org.sterna.migration.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Moves a running machine to a peer. */
@Command(name = "migrate", description = "Move a running machine to a target, if its verdict allows it.")
final class MigrateCommand implements Callable<Integer> {
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
        try (var progress = new Progress(services.err(), Progress.watched() && !report.json())) {
            MigrationRequest.Result ended = MigrationRequest.run(
                events -> migration.machine().connect(services, events), "migration", "x-sterna-migrate", arguments,
                progress::show);
            progress.close();
            return tell(ended.info(), ended.guest());
        }
    }

    private int tell(JsonNode info, GuestAfter guest) {
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
        for (String optional : List.of("provisions", "losses", "remarks")) {
            if (verdict.has(optional)) {
                result.set(optional, verdict.get(optional));
            }
        }
        report.result(services, result, () -> text(info, status, guest));
        if (status.equals("completed")) {
            return 0;
        }
        return "LOSSY".equals(verdict.path("verdict").asText()) ? 3 : 1;
    }

    private static String text(JsonNode info, String status, GuestAfter guest) {
        Optional<Verdict> verdict = Optional.ofNullable(info.get("x-sterna-verdict")).map(VerdictJson::read);
        return verdict.map(VerdictText::of).orElse("") + switch (status) {
            case "completed" -> String.format(Locale.ROOT, "migrated in %d ms%s; %.1f MiB sent in %d rounds%n",
                info.path("total-time").asLong(), VerdictText.downtime(info.path("downtime").asLong()),
                info.path("ram").path("transferred").asLong() / 1048576.0, info.path("ram").path("dirty-sync-count").asInt());
            case "cancelled" -> "cancelled" + then(guest);
            // The table has said why.
            default -> verdict.isPresent() && !verdict.get().allowed() ? "not migrated" + then(guest)
                : "failed:\n" + VerdictText.reasons(Json.list(info.path("x-sterna-reasons"), Json::reason))
                    + (guest.words().isEmpty() ? "" : guest.words() + "\n");
        };
    }

    private static String then(GuestAfter guest) {
        return (guest.words().isEmpty() ? "" : "; " + guest.words()) + "\n";
    }
}
