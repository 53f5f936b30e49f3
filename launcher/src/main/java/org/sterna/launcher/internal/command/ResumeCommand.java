package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.QmpClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lets the guest of a machine of another process go on. */
@Command(name = "resume", description = "Let the paused guest of a machine go on.")
final class ResumeCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private MachineArgument machine;
    @Option(names = "--force", description = "Take back a guest that was handed over to a destination that has not confirmed it. Look"
        + " there first: if the guest runs there, it runs twice from then on, and both damage whatever they share.")
    private boolean force;
    @Mixin
    private Report report;

    ResumeCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        ObjectNode arguments = Json.object();
        if (force) {
            arguments.put("x-sterna-force", true);
        }
        try (QmpClient client = machine.connect(services, event -> { })) {
            client.execute("cont", arguments);
            report.result(services, client.execute("query-status", Json.object()), () -> "the guest runs\n");
        }
        return 0;
    }
}
