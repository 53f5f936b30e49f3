package org.sterna.launcher.internal.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.terminal.Progress;
import org.sterna.launcher.internal.terminal.VerdictText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The main job with nothing to prepare: a guest goes from the new bundles to the old ones and back, and is kept from
 * going where something would be lost. All of it happens between real processes, over their control sockets.
 */
@Command(name = "demo", description = "See a guest migrate from new bundles to old ones and back; nothing to prepare.")
public final class DemoCommand implements Callable<Integer> {
    /** Enough to dirty memory all along, little enough for a slow host. */
    private static final String LOAD = "drill.rate=2000 drill.report=250";

    private final Services services;
    private final List<ObjectNode> migrations = new ArrayList<>();
    private final List<ObjectNode> refused = new ArrayList<>();
    private final List<DrillReport> verified = new ArrayList<>();

    @Option(names = "--json", description = "Print one JSON document on standard output, and nothing else.")
    private boolean json;

    /** A command. */
    public DemoCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var stage = new Stage(services.home(), services.lifetime());
        Stage.Actor here = stage.running("new", "virt-1.0", LOAD);
        Stage.Actor old = stage.waiting("old", true);
        Stage.Actor back = stage.waiting("back", false);
        Stage.Actor discarding = stage.running("discard", "virt-1.1", LOAD);
        old.awaitLanding();
        back.awaitLanding();

        tell("(a) A machine of type virt-1.0 runs on the new bundles, and its guest dirties memory and checks all it sees.");
        tell("    A second process has only the released 1.0.0 bundles. Could it take the guest over?\n");
        DrillConsole console = here.console();
        console.next();
        tell(VerdictText.of(VerdictJson.read(here.check(old))));
        migrate("new->old", here, old);
        console = old.console();
        told("the guest goes on with the old bundles", console.next());

        tell("\n(b) And back to the new bundles, which know more than the old ones sent.\n");
        migrate("old->new", old, back);
        console = back.console();
        told("the guest goes on with the new bundles", console.next());

        tell("\n(c) Now the guest puts its pvclock page to use. The old pvclock has no place for where that page is.\n");
        console.send("pvclock on");
        console.await(DrillReport::pvclock);
        refuse("pvclock", back, old, console);
        verify(console);

        tell("\n(d) Another machine, of type virt-1.1: its driver has acknowledged discard, which the old virtio-blk lacks.\n");
        console = discarding.console();
        console.next();
        refuse("discard", discarding, old, console);
        verify(console);

        return conclude();
    }

    private void migrate(String direction, Stage.Actor from, Stage.Actor to) throws InterruptedException {
        JsonNode info;
        try (var progress = new Progress(services.err(), Progress.watched() && !json)) {
            info = from.migrate(to, progress::show);
        }
        JsonNode ram = info.path("ram");
        ObjectNode migration = Json.object().put("direction", direction)
            .put("verdict", info.at("/x-sterna-verdict/verdict").asText())
            .put("downtime_ms", info.path("downtime").asLong()).put("total_ms", info.path("total-time").asLong())
            .put("ram_bytes", ram.path("transferred").asLong()).put("rounds", ram.path("dirty-sync-count").asInt());
        boolean completed = info.path("status").asText().equals("completed");
        if (!completed) {
            migration.put("error", info.path("error-desc").asText());
        }
        migrations.add(migration);
        tell(completed ? String.format("    %s: %s; %d ms in all, %d ms of them standing still; %.1f MiB in %d rounds",
            direction, migration.get("verdict").asText(), migration.get("total_ms").asLong(),
            migration.get("downtime_ms").asLong(), migration.get("ram_bytes").asLong() / 1048576.0,
            migration.get("rounds").asInt()) : "    " + direction + " failed: " + info.path("error-desc").asText());
    }

    private void refuse(String name, Stage.Actor from, Stage.Actor to, DrillConsole console) throws InterruptedException {
        JsonNode info = from.migrate(to, progress -> { });
        ObjectNode refusal = Json.object().put("case", name).put("verdict", info.at("/x-sterna-verdict/verdict").asText());
        refusal.set("reasons", Json.array(Json.list(info.path("x-sterna-reasons"), Json::reason), Json::of));
        refusal.put("bulk_bytes_sent", info.at("/ram/transferred").asLong());
        refused.add(refusal);
        tell(VerdictText.of(VerdictJson.read(info.path("x-sterna-verdict"))));
        told("refused before a byte of memory was sent (" + refusal.get("bulk_bytes_sent").asLong()
            + "); the guest runs on undisturbed", console.next());
    }

    /** Ends a guest and keeps its last report. */
    private void verify(DrillConsole console) throws InterruptedException {
        console.send("report");
        verified.add(console.next());
        if (!console.violation().isEmpty()) {
            tell("    " + console.violation());
        }
    }

    private int conclude() {
        long checks = verified.stream().mapToLong(DrillReport::checks).sum();
        long violations = verified.stream().mapToLong(DrillReport::violations).sum();
        boolean good = violations == 0 && checks > 0
            && migrations.stream().noneMatch(migration -> migration.has("error"))
            && migrations.getFirst().get("verdict").asText().equals("OK-IF")
            && refused.stream().allMatch(refusal -> refusal.get("verdict").asText().equals("BLOCKED")
                && !refusal.get("reasons").isEmpty() && refusal.get("bulk_bytes_sent").asLong() == 0);
        tell("\n(e) The guests have checked memory, disk and clock " + checks + " times and found " + violations
            + " violations. " + (good ? "All went as it should." : "That is not as it should be."));
        ObjectNode document = Json.object().put("result", good ? "ok" : "failed");
        document.set("migrations", Json.array(migrations, migration -> migration));
        document.set("refused", Json.array(refused, refusal -> refusal));
        document.set("guest", Json.object().put("checks", checks).put("violations", violations));
        if (json) {
            services.out().println(Json.write(document));
        }
        return good ? 0 : 1;
    }

    private void told(String what, DrillReport report) {
        tell(String.format("    %s: %d checks, %d violations so far", what, report.checks(), report.violations()));
    }

    private void tell(String text) {
        if (!json) {
            services.out().println(text);
        }
    }
}
