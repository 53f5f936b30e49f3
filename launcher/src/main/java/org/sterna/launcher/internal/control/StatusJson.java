package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.Machine;
import org.sterna.machine.Part;
import org.sterna.migration.Endpoint;

/** The answer to {@code x-sterna-status}: a machine at a glance, or that one is waited for. */
final class StatusJson {
    private StatusJson() {
    }

    static ObjectNode write(Machine machine) {
        ObjectNode json = Json.object().put("name", machine.name()).put("type", machine.abi().machineType())
            .put("phase", word(machine.phase())).put("why", machine.why())
            .put("ownership", word(machine.ownership())).put("run-requested", machine.runRequested())
            .put("memory", machine.abi().memory()).put("processors", machine.abi().processors())
            .put("fingerprint", machine.abi().fingerprint()).put("instructions", machine.instructions())
            .put("clock", machine.clock().now());
        machine.operation().ifPresent(operation -> json.set("operation", Json.object()
            .put("kind", word(operation.kind())).put("detail", operation.detail())
            .put("since", operation.since().toString())));
        machine.ioError().ifPresent(error -> json.set("io-error", IoErrorJson.write(error)));
        json.set("parts", Json.array(machine.parts(), part -> part(part, machine.held().contains(part.path()))));
        return json;
    }

    /**
     * That of a process that has no machine and waits for one.
     *
     * @param endpoint where a migration can go
     * @param last     the machine that was here before, if there was one
     */
    static ObjectNode waiting(String name, Endpoint endpoint, Optional<Machine> last) {
        String why = last.map(machine -> "machine " + machine.name() + " was here: "
            + (machine.why().isEmpty() ? word(machine.phase()) : machine.why())).orElse("");
        ObjectNode json = Json.object().put("name", name).put("phase", "waiting").put("why", why)
            .put("waits-at", endpoint.toString());
        json.set("parts", Json.texts(List.of()));
        return json;
    }

    /** The name of a constant as the control socket has it. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static ObjectNode part(Part part, boolean held) {
        ObjectNode json = Json.object().put("path", part.path()).put("type", part.type())
            .put("bundle", part.version().toString()).put("state", part.schema().version()).put("held", held);
        json.set("acknowledged", Json.texts(new TreeSet<>(part.acknowledged())));
        return json;
    }
}
