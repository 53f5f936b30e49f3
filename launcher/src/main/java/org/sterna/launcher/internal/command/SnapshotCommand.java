package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.GuestAfter;
import org.sterna.launcher.internal.control.MigrationRequest;
import org.sterna.launcher.internal.terminal.Progress;
import org.sterna.launcher.internal.terminal.VerdictText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a running machine into a file. */
@Command(name = "snapshot", description = {"Write a machine into a file; the guest runs on, but for a moment.",
    "Its disks are not in the file: with --stop the guest stays paused, and they stay as the file knows them."})
final class SnapshotCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private MachineArgument machine;
    @Mixin
    private Report report;
    @Parameters(index = "1", paramLabel = "FILE", description = "The file; one that is there is replaced once the new one is whole.")
    private Path file;
    @Option(names = "--stop", description = "Leave the guest paused.")
    private boolean stop;
    @Option(names = "--downtime-limit", paramLabel = "MS", description = "How long the guest may stand still (300).")
    private Long downtimeLimit;
    @Option(names = "--bandwidth", paramLabel = "BYTES",
        description = "The most bytes per second to write while the guest runs; 0 for as many as the disk takes (0).")
    private Long bandwidth;

    SnapshotCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws InterruptedException {
        ObjectNode arguments = Json.object().put("file", file.toAbsolutePath().toString()).put("stop", stop);
        if (downtimeLimit != null) {
            arguments.put("downtime-limit", downtimeLimit);
        }
        if (bandwidth != null) {
            arguments.put("bandwidth", bandwidth);
        }
        try (var progress = new Progress(services.err(), Progress.watched() && !report.json())) {
            MigrationRequest.Result ended = MigrationRequest.run(events -> machine.connect(services, events),
                "snapshot into " + file, "x-sterna-snapshot", arguments, progress::show);
            progress.close();
            return tell(ended.info(), ended.guest());
        }
    }

    private int tell(JsonNode info, GuestAfter guest) {
        String status = info.path("status").asText();
        boolean done = status.equals("completed");
        ObjectNode result = Json.object().put("result", done ? "ok" : status).put("file", file.toString())
            .put("downtime_ms", info.path("downtime").asLong()).put("total_ms", info.path("total-time").asLong())
            .put("ram_bytes", info.path("ram").path("transferred").asLong())
            .put("rounds", info.path("ram").path("dirty-sync-count").asInt());
        result.set("reasons", info.path("x-sterna-reasons").isArray() ? info.path("x-sterna-reasons") : Json.texts(List.of()));
        report.result(services, result, () -> done
            ? String.format(Locale.ROOT, "written to %s in %d ms%s; %.1f MiB%s%n", file,
                info.path("total-time").asLong(), VerdictText.downtime(info.path("downtime").asLong()),
                info.path("ram").path("transferred").asLong() / 1048576.0,
                guest == GuestAfter.PAUSED ? "; the guest is paused" : "")
            : status + ":\n" + VerdictText.reasons(Json.list(info.path("x-sterna-reasons"), Json::reason))
                + (guest.words().isEmpty() ? "" : guest.words() + "\n"));
        return done ? 0 : 1;
    }
}
