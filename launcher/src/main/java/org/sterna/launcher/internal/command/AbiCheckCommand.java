package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.launcher.internal.terminal.VerdictText;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.PartAbi;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says whether the bundles here could offer a guest exactly what it sees elsewhere. */
@Command(name = "check", description = {"Check whether the installed bundles, or those of --bundles DIR, offer exactly the"
    + " guest ABI of a document or of a running machine.",
    "Exit codes: 0 they do, 1 they do not, 2 there is no such document or machine."})
final class AbiCheckCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(paramLabel = "MACHINE",
        description = "A running machine's name or control socket, a document's file, or a machine type.")
    private String source;
    @Mixin
    private Report report;

    AbiCheckCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        AbiDocument abi = switch (AbiSource.of(services, source)) {
            case AbiSource.Document document -> document.document();
            case AbiSource.Type type -> type.with(services, List.of());
        };
        List<Reason> reasons = services.machines().obstacles(abi, Map.of());
        Map<String, Optional<InstalledModel>> parts = parts(abi);
        ObjectNode document = Json.object().put("result", reasons.isEmpty() ? "ok" : "blocked").put("name", source)
            .put("machineType", abi.machineType()).put("fingerprint", abi.fingerprint());
        document.set("parts", Json.array(parts.entrySet(), part -> json(abi, part.getKey(), part.getValue())));
        document.set("reasons", Json.array(reasons, Json::of));
        report.result(services, document, () -> text(abi, parts, reasons));
        return reasons.isEmpty() ? 0 : 1;
    }

    /** What would stand for each part here. */
    private Map<String, Optional<InstalledModel>> parts(AbiDocument abi) {
        var parts = new TreeMap<String, Optional<InstalledModel>>();
        parts.put("/" + abi.board().type(), Optional.empty());
        parts.put("/" + abi.processor().type() + "@0", Optional.empty());
        abi.devices().keySet().forEach(path -> parts.put(path, Optional.empty()));
        parts.replaceAll((path, none) -> services.machines().model(abi, path, Map.of()));
        return parts;
    }

    private static JsonNode json(AbiDocument abi, String path, Optional<InstalledModel> model) {
        PartAbi part = abi.part(path).orElseThrow();
        return Json.object().put("path", path).put("type", part.type()).put("abi", part.abi().toString())
            .put("bundle", model.map(InstalledModel::bundle).orElse(null))
            .put("version", model.map(installed -> installed.version().toString()).orElse(null));
    }

    private String text(AbiDocument abi, Map<String, Optional<InstalledModel>> parts, List<Reason> reasons) {
        var table = new Table("PART", "ABI", "OFFERED BY");
        parts.forEach((path, model) -> table.row(path, abi.part(path).orElseThrow().abi().toString(),
            model.map(installed -> installed.bundle() + " " + installed.version()).orElse("none")));
        return table + "\n" + (reasons.isEmpty() ? "OK: a guest would see exactly what it sees at " + source + "\n"
            : "BLOCKED: not possible\n" + VerdictText.reasons(reasons));
    }
}
