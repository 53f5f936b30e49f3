package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.launcher.internal.terminal.VerdictText;
import org.sterna.migration.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Asks a peer for its verdict on a machine; the guest notices nothing. */
@Command(name = "check", description = "Ask whether a machine could migrate to a target; the guest runs on undisturbed.")
final class CheckCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private MigrationArguments migration;
    @Mixin
    private Report report;

    CheckCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        ObjectNode arguments = migration.arguments();
        try (QmpClient client = migration.machine().connect(services, event -> { })) {
            JsonNode json = client.execute("x-sterna-check", arguments);
            Verdict verdict = VerdictJson.read(json);
            report.result(services, json, () -> VerdictText.of(verdict));
            return exitCode(verdict.outcome());
        }
    }

    /** What a verdict means for scripts. */
    static int exitCode(Verdict.Outcome outcome) {
        return switch (outcome) {
            case OK, OK_IF -> 0;
            case BLOCKED -> 1;
            case LOSSY -> 3;
        };
    }
}
