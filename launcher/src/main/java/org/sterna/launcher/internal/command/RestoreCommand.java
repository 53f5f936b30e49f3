package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.Machine;
import org.sterna.migration.RestoreOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a machine from a file. */
@Command(name = "restore", description = {"Run the machine of a snapshot; its memory is read from the file when it is touched.",
    "The file must stay as it is while the machine runs.",
    "It names the files that the machine uses here: of one that comes from elsewhere, say with --allow-path where these may be."})
final class RestoreCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(paramLabel = "FILE", description = "A file that snapshot has written.")
    private Path file;
    @Option(names = "--map", paramLabel = "PATH.PROPERTY=VALUE",
        description = "A host property to use here in place of the one in the file; may be repeated.")
    private List<String> mappings = List.of();
    @Option(names = "--accept-changed", paramLabel = "PATH.PROPERTY",
        description = "A host resource, such as /virtio-blk@0.drive, that may have another content than when the snapshot was made;"
            + " may be repeated. A guest that goes on with a disk that has moved on may destroy what is on it.")
    private Set<String> acceptChanged = Set.of();
    @Mixin
    private AllowedPaths paths;
    @Mixin
    private Hosting hosting;
    @Mixin
    private RepositoryOptions repositories;
    @Mixin
    private Report report;

    RestoreCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        var host = HostMapping.parse(mappings);
        RestoreOptions options = RestoreOptions.DEFAULT.withAcceptChanged(acceptChanged);
        if (!paths.folders().isEmpty()) {
            options = options.withAllowedPaths(ReceiveLimitOptions.parse(Map.of(), paths.folders()).allowedPaths());
        }
        repositories.open(services);
        Hosting.Open open = hosting.open(services, report);
        HostedMachine hosted = open.keep(services.migrations().restore(file, hosting.name(), host, options));
        Machine machine = hosted.machine();
        report.note(services, "machine " + machine.name() + " is back, control " + open.endpoint());
        Hosting.Stay stay = open.host(hosted, () -> { });
        report.note(services, stay.toString());
        ObjectNode document = Json.object().put("result", stay.failed() ? "failed" : "ok");
        document.set("machine", stay.json());
        report.last(services, document);
        return stay.failed() ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }
}
