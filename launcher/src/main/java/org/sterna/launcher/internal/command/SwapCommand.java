package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.launcher.internal.terminal.SwapText;
import org.sterna.launcher.internal.terminal.VerdictText;
import org.sterna.machine.MachineException;
import org.sterna.migration.Swap;
import org.sterna.migration.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts another version of a device under a running guest, or the same on every machine of this host. */
@Command(name = "swap", description = "Replace a device of a running machine by another installed version; the guest goes on with it.",
    customSynopsis = {"sterna swap [OPTIONS] MACHINE DEVICE VERSION", "       sterna swap [OPTIONS] --all TYPE VERSION"})
final class SwapCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(arity = "2..3", paramLabel = "ARGUMENT", description = "MACHINE: its name, or its control socket (unix:PATH or"
        + " tcp:HOST:PORT). DEVICE: its path, such as /virtio-blk@0; with --all its type. VERSION: of the bundle that is to take over.")
    private List<String> words;
    @Option(names = "--all", description = "Every device of a type of every machine of this user, one after the other.")
    private boolean all;
    @Option(names = "--one-at-a-time", description = "With --all: stop at the first that fails, so that the others keep what they have.")
    private boolean oneAtATime;
    @Option(names = "--check", description = "Only ask for the verdict.")
    private boolean check;
    @Option(names = "--limit", paramLabel = "MS",
        description = "How long the new version may take to take over while the guest stands still (1000).")
    private Long limit;
    @Option(names = "--accept-loss", paramLabel = "PATH.FIELD",
        description = "Give this field up, as in /device@0.field; may be repeated.")
    private List<String> acceptLoss = List.of();
    @Mixin
    private Report report;

    SwapCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        if (words.size() != (all ? 2 : 3)) {
            throw MachineException.usage("swap", "", "takes " + (all ? "TYPE and VERSION with --all" : "MACHINE, DEVICE and VERSION"),
                "see ./sterna swap --help");
        }
        return all ? roll(words.get(0), words.get(1)) : one(words.get(0), words.get(1), words.get(2));
    }

    private int one(String machine, String device, String version) {
        try (QmpClient client = MachineArgument.connect(services, machine, event -> { })) {
            JsonNode swap = execute(client, device, version);
            report.result(services, document(machine, device, version, swap), () -> text(swap));
            return exitCode(swap);
        }
    }

    private JsonNode execute(QmpClient client, String device, String version) {
        ObjectNode arguments = Json.object().put("device", device).put("version", version).put("check", check);
        if (limit != null) {
            arguments.put("limit", limit);
        }
        if (!acceptLoss.isEmpty()) {
            arguments.set("accept-loss", Json.texts(acceptLoss));
        }
        return client.execute("x-sterna-swap", arguments);
    }

    private int roll(String type, String version) {
        ArrayNode results = Json.array(List.<JsonNode>of(), node -> node);
        int worst = 0;
        for (String machine : services.addresses().names()) {
            try (QmpClient client = MachineArgument.connect(services, machine, event -> { })) {
                for (JsonNode part : client.execute("x-sterna-status", Json.object()).path("parts")) {
                    if (!part.path("type").asText().equals(type) || part.path("bundle").asText().equals(version)) {
                        continue;
                    }
                    String device = part.path("path").asText();
                    JsonNode swap = execute(client, device, version);
                    results.add(document(machine, device, version, swap));
                    report.note(services, machine + ": " + text(swap).stripTrailing());
                    worst = Math.max(worst, exitCode(swap));
                    if (worst > 0 && oneAtATime) {
                        return end(results, worst);
                    }
                }
            }
        }
        return end(results, worst);
    }

    private int end(ArrayNode results, int worst) {
        ObjectNode document = Json.object().put("result", worst == 0 ? "ok" : "failed");
        document.set("swaps", results);
        long failed = results.valueStream().filter(swap -> !swap.path("result").asText().equals("ok")).count();
        report.result(services, document, () -> (results.size() - failed) + " devices " + (check ? "can be swapped" : "swapped")
            + (failed == 0 ? "" : ", " + failed + " not" + (oneAtATime ? "; the others were left alone" : "")) + "\n");
        return worst;
    }

    private ObjectNode document(String machine, String device, String version, JsonNode swap) {
        ObjectNode document = Json.object().put("result", exitCode(swap) == 0 ? "ok" : "failed").put("machine", machine)
            .put("device", device).put("version", version).put("done", swap.path("done").asBoolean())
            .put("pause_ms", swap.path("pause-ns").asLong() / 1e6).put("verdict", swap.at("/verdict/verdict").asText());
        document.set("sections", swap.at("/verdict/sections"));
        if (swap.at("/verdict/losses").isArray()) {
            document.set("losses", swap.at("/verdict/losses"));
        }
        document.set("reasons", check ? swap.at("/verdict/reasons") : swap.path("reasons"));
        return document;
    }

    private String text(JsonNode swap) {
        Verdict verdict = VerdictJson.read(swap.path("verdict"));
        if (check || !verdict.allowed()) {
            return VerdictText.of(verdict);
        }
        return SwapText.of(new Swap(verdict, swap.path("done").asBoolean(), swap.path("pause-ns").asLong(),
            Json.list(swap.path("reasons"), Json::reason)));
    }

    private int exitCode(JsonNode swap) {
        int verdict = CheckCommand.exitCode(VerdictJson.read(swap.path("verdict")).outcome());
        return verdict != 0 || check || swap.path("done").asBoolean() ? verdict : 1;
    }
}
