package org.sterna.launcher.internal.command;

import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.QmpClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Stops the guest of a machine of another process. */
@Command(name = "pause", description = "Stop the guest of a machine; resume lets it go on.")
final class PauseCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private MachineArgument machine;
    @Mixin
    private Report report;

    PauseCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        try (QmpClient client = machine.connect(services, event -> { })) {
            client.execute("stop", Json.object());
            report.result(services, client.execute("query-status", Json.object()), () -> "the guest is paused\n");
        }
        return 0;
    }
}
