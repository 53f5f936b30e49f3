package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.launcher.internal.terminal.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows a machine of another process. */
@Command(name = "status", description = "Show a running machine and its parts.")
final class StatusCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private MachineArgument machine;
    @Mixin
    private Report report;

    StatusCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        try (QmpClient client = machine.connect(services, event -> { })) {
            JsonNode status = client.execute("x-sterna-status", Json.object());
            report.result(services, status, () -> text(status));
            return 0;
        }
    }

    private static String text(JsonNode status) {
        String why = status.path("why").asText();
        if (status.has("waits-at")) {
            return String.format("%s: waits for a migration to %s%s%n", status.path("name").asText(),
                status.path("waits-at").asText(), why.isEmpty() ? "" : " (" + why + ")");
        }
        var table = new Table("PART", "TYPE", "BUNDLE", "STATE", "ACKNOWLEDGED");
        for (JsonNode part : status.path("parts")) {
            table.row(part.path("path").asText(), part.path("type").asText(), part.path("bundle").asText() + (part.path("held").asBoolean() ? " (gone)" : ""),
                part.path("state").asText(), String.join(" ", Json.list(part.path("acknowledged"), JsonNode::asText)));
        }
        JsonNode operation = status.path("operation");
        String busy = operation.isMissingNode() ? "" : String.format("%s %s is under way since %s%n", operation.path("kind").asText(),
            operation.path("detail").asText(), operation.path("since").asText());
        return busy + String.format("%s: %s, %s%s%nguest ABI %s%n%d MiB, %d processor(s), %,d instructions executed"
            + " here, guest time %.3f s%n%n%s",
            status.path("name").asText(), status.path("type").asText(), status.path("phase").asText(),
            why.isEmpty() ? "" : " (" + why + ")", status.path("fingerprint").asText(),
            status.path("memory").asLong() >> 20, status.path("processors").asInt(), status.path("instructions").asLong(),
            status.path("clock").asLong() / 1e9, table);
    }
}
