package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.QmpClient;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lets the guest of a machine of another process go on. */
@Command(name = "resume", description = "Let the paused guest of a machine go on.")
final class ResumeCommand implements Callable<Integer> {
    private static final String IO_ERROR = "io-error";
    /** How long a request that is tried again may take to fail again, for this command to tell of it. */
    private static final Duration RETRY = Duration.ofSeconds(1);

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
    public Integer call() throws InterruptedException {
        ObjectNode arguments = Json.object();
        if (force) {
            arguments.put("x-sterna-force", true);
        }
        var stopped = new CountDownLatch(1);
        try (QmpClient client = machine.connect(services, event -> {
            if (event.path("event").asText().equals("STOP")) {
                stopped.countDown();
            }
        })) {
            boolean retries = status(client).equals(IO_ERROR);
            client.execute("cont", arguments);
            if (retries) {
                // What the guest was stopped for is tried again at once, and may fail again.
                stopped.await(RETRY.toMillis(), TimeUnit.MILLISECONDS);
            }
            JsonNode now = client.execute("query-status", Json.object());
            boolean again = now.path("status").asText().equals(IO_ERROR);
            String text = again ? "the guest is paused again: "
                + client.execute("x-sterna-status", Json.object()).path("why").asText()
                : now.path("running").asBoolean() ? "the guest runs" : "the guest is " + now.path("status").asText();
            report.result(services, now, () -> text + "\n");
            return again ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
        }
    }

    private static String status(QmpClient client) {
        return client.execute("query-status", Json.object()).path("status").asText();
    }
}
