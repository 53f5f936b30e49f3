package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.sterna.launcher.internal.Json;
import org.sterna.migration.Endpoint;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which machine goes where, and what may be lost on the way. */
final class MigrationArguments {
    @Mixin
    private MachineArgument machine;
    @Parameters(index = "1", paramLabel = "TARGET", description = "Where a peer listens: tcp:HOST:PORT or unix:PATH.")
    private String target;

    @Option(names = "--accept-loss", paramLabel = "PATH.FIELD",
        description = "Give this field up, as in /device@0.field; may be repeated.")
    private List<String> acceptLoss = List.of();

    /** The machine. */
    MachineArgument machine() {
        return machine;
    }

    /** The arguments of the control command. */
    ObjectNode arguments() {
        ObjectNode arguments = Json.object().put("uri", Endpoint.parse(target).toString());
        if (!acceptLoss.isEmpty()) {
            arguments.set("accept-loss", Json.texts(acceptLoss));
        }
        return arguments;
    }
}
