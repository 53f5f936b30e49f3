package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Consumer;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.ControlTarget;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.machine.MachineException;
import picocli.CommandLine.Parameters;

/** The machine that a command is about, in another process. */
final class MachineArgument {
    @Parameters(index = "0", paramLabel = "MACHINE",
        description = "The machine's name, or its control socket: unix:PATH or tcp:HOST:PORT.")
    private String machine;

    /** Connects to its control socket. */
    QmpClient connect(Services services, Consumer<JsonNode> events) {
        return connect(services, machine, events);
    }

    /** Connects to the control socket of a machine by its name or address. */
    static QmpClient connect(Services services, String machine, Consumer<JsonNode> events) {
        ControlTarget target = services.addresses().find(machine);
        try {
            return QmpClient.connect(target, events);
        } catch (MachineException e) {
            if (target.endpoint().toString().equals(machine)) {
                throw e;
            }
            List<String> known = services.addresses().names();
            if (known.contains(machine)) {
                throw e;
            }
            throw MachineException.failed(machine, "", "no machine of this name runs here",
                known.isEmpty() ? "start one with ./sterna run" : "there are: " + String.join(", ", known));
        }
    }
}
