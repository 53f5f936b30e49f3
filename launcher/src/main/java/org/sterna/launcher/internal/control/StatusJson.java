package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.TreeSet;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.Machine;
import org.sterna.machine.Part;

/** The answer to {@code x-sterna-status}: a machine at a glance. */
final class StatusJson {
    private StatusJson() {
    }

    static ObjectNode write(Machine machine) {
        ObjectNode json = Json.object().put("name", machine.name()).put("type", machine.abi().machineType())
            .put("phase", machine.phase().name().toLowerCase(Locale.ROOT)).put("why", machine.why())
            .put("ownership", machine.ownership().name().toLowerCase(Locale.ROOT)).put("run-requested", machine.runRequested())
            .put("memory", machine.abi().memory()).put("processors", machine.abi().processors())
            .put("fingerprint", machine.abi().fingerprint()).put("instructions", machine.instructions())
            .put("clock", machine.clock().now());
        machine.operation().ifPresent(operation -> json.set("operation", Json.object()
            .put("kind", operation.kind().name().toLowerCase(Locale.ROOT)).put("detail", operation.detail())
            .put("since", operation.since().toString())));
        machine.ioError().ifPresent(error -> json.set("io-error", IoErrorJson.write(error)));
        json.set("parts", Json.array(machine.parts(), part -> part(part, machine.held().contains(part.path()))));
        return json;
    }

    private static ObjectNode part(Part part, boolean held) {
        ObjectNode json = Json.object().put("path", part.path()).put("type", part.type())
            .put("bundle", part.version().toString()).put("state", part.schema().version()).put("held", held);
        json.set("acknowledged", Json.texts(new TreeSet<>(part.acknowledged())));
        return json;
    }
}
