package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.PropertyType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Gives a disk of a running machine another capacity: the one way in which it changes. */
@Command(name = "resize", description = "Give a disk another capacity, which its file must have; the driver is told.")
final class ResizeCommand implements Callable<Integer> {
    private static final PropertyType<Long> SIZE = new PropertyType.Size(1, PropertyType.MAX_NUMBER, 1);

    private final Services services;

    @Mixin
    private MachineArgument machine;
    @Parameters(index = "1", paramLabel = "DEVICE", description = "The disk, such as /virtio-blk@0.")
    private String device;
    @Parameters(index = "2", paramLabel = "SIZE", description = "The capacity, such as 8G.")
    private String size;
    @Mixin
    private Report report;

    ResizeCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        ObjectNode arguments = Json.object().put("device", device).put("size", bytes());
        try (QmpClient client = machine.connect(services, event -> { })) {
            client.execute("block_resize", arguments);
            JsonNode abi = client.execute("x-sterna-abi", Json.object());
            String fingerprint = abi.path("fingerprint").asText();
            report.result(services, arguments.put("result", "ok").put("fingerprint", fingerprint),
                () -> device + " has " + SIZE.text(bytes()) + " now; guest ABI " + fingerprint + "\n");
        }
        return 0;
    }

    private long bytes() {
        try {
            return SIZE.parse(size);
        } catch (IllegalArgumentException e) {
            throw MachineException.usage("SIZE", "", e.getMessage(), "write for example 8G");
        }
    }
}
