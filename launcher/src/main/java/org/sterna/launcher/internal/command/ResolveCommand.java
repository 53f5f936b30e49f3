package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.provisioning.FoundBundle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Resolves a machine definition to bundles. */
@Command(name = "resolve", description = "List the bundles that a machine needs, or say what is missing.")
final class ResolveCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(paramLabel = "FILE", description = "A machine definition, see docs/machine-definition.md.")
    private Path file;
    @Option(names = "--repository", paramLabel = "DIR|URI",
        description = "Where the devices come from instead of the installed ones: a folder of bundles, or the file or URI of an"
            + " index; may be repeated.")
    private List<String> repositories = List.of();
    @Mixin
    private Report report;

    ResolveCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        var where = new ArrayList<>(List.of(services.home().resolve("bundles").toString()));
        where.addAll(repositories.isEmpty() ? List.of(services.home().resolve("devices").toString()) : repositories);
        List<FoundBundle> bundles = services.provisioning().resolve(DefinitionFile.read(file).definition("resolved"),
            file.toString(), where);
        ObjectNode document = Json.object().put("result", "ok");
        document.set("bundles", Json.array(bundles, bundle -> Json.object().put("name", bundle.name())
            .put("version", bundle.version().toString()).put("location", bundle.location().toString())));
        report.result(services, document, () -> text(bundles));
        return 0;
    }

    private static String text(List<FoundBundle> bundles) {
        var table = new Table("BUNDLE", "VERSION", "LOCATION");
        bundles.forEach(bundle -> table.row(bundle.name(), bundle.version().toString(), bundle.location().toString()));
        return table.toString();
    }
}
