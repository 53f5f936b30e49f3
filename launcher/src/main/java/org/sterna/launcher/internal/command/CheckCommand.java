package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.launcher.internal.terminal.VerdictText;
import org.sterna.machine.MachineException;
import org.sterna.machine.host.FileKind;
import org.sterna.migration.Endpoint;
import org.sterna.migration.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks for a verdict on a machine, running or in a file, of a peer or of a folder of bundles; the guest notices nothing. */
@Command(name = "check", description = "Ask whether a machine could go to a target; the guest runs on undisturbed.")
final class CheckCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(index = "0", paramLabel = "MACHINE",
        description = "A machine's name, its control socket (unix:PATH or tcp:HOST:PORT), or a snapshot's file.")
    private String machine;
    @Parameters(index = "1", paramLabel = "TARGET",
        description = "Where a peer listens (tcp:HOST:PORT or unix:PATH), or a folder of device bundles.")
    private String target;
    @Option(names = "--accept-loss", paramLabel = "PATH.FIELD",
        description = "Give this field up, as in /device@0.field; may be repeated.")
    private List<String> acceptLoss = List.of();
    @Option(names = "--map", paramLabel = "PATH.PROPERTY=VALUE",
        description = "With a folder: a host property to use there in place of the machine's; may be repeated.")
    private List<String> mappings = List.of();
    @Mixin
    private RepositoryOptions repositories;
    @Mixin
    private Report report;

    CheckCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws IOException {
        JsonNode json = verdict();
        Verdict verdict = VerdictJson.read(json);
        report.result(services, json, () -> VerdictText.of(verdict));
        return exitCode(verdict.outcome());
    }

    private JsonNode verdict() throws IOException {
        var host = HostMapping.parse(mappings);
        if (Files.isDirectory(Path.of(target))) {
            // The devices of this process are those of the folder. Nothing is installed: the answer says what would be.
            repositories.open(services);
            return VerdictJson.write(services.migrations().answer(declaration(), host));
        }
        Endpoint peer = Endpoint.parse(target);
        if (repositories.given()) {
            throw MachineException.usage("--repository", "", "a peer has repositories of its own",
                "give --repository to its receive");
        }
        if (!mappings.isEmpty()) {
            throw MachineException.usage("--map", "", "a peer maps its own host properties", "give --map to its receive");
        }
        if (inFile()) {
            return VerdictJson.write(services.migrations().check(declaration(), peer));
        }
        try (QmpClient client = connect()) {
            return client.execute("x-sterna-check", arguments().put("uri", peer.toString()));
        }
    }

    private boolean inFile() {
        return Files.isRegularFile(Path.of(machine));
    }

    private byte[] declaration() throws IOException {
        if (inFile()) {
            if (!acceptLoss.isEmpty()) {
                throw MachineException.usage("--accept-loss", "", "a snapshot holds all fields; what may be lost is said when it is"
                    + " restored", "leave it out");
            }
            return services.migrations().declared(Path.of(machine));
        }
        try (QmpClient client = connect()) {
            return client.execute("x-sterna-declare", arguments()).path("manifest").binaryValue();
        }
    }

    private QmpClient connect() throws IOException {
        if (!machine.startsWith("unix:") && !machine.startsWith("tcp:") && !services.addresses().names()
                .contains(machine)) {
            Optional<FileKind> kind = FileKind.behind(Path.of(machine));
            if (kind.isPresent() || machine.contains("/")) {
                throw MachineException.failed(machine, "", kind.map(it -> "is " + it
                    + ", not a file with a snapshot in it")
                    .orElse("there is no such file"), "give a machine, or a file that ./sterna snapshot has written");
            }
        }
        return MachineArgument.connect(services, machine, event -> { });
    }

    private ObjectNode arguments() {
        ObjectNode arguments = Json.object();
        if (!acceptLoss.isEmpty()) {
            arguments.set("accept-loss", Json.texts(acceptLoss));
        }
        return arguments;
    }

    /** What a verdict means for scripts. */
    static int exitCode(Verdict.Outcome outcome) {
        return switch (outcome) {
            case OK, OK_IF, LOSSY_ACCEPTED -> 0;
            case BLOCKED -> 1;
            case LOSSY -> 3;
        };
    }
}
