package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Explains the properties of one type, from what its bundle declares. */
@Command(name = "help", description = "Show the properties of a type of device, processor or board.")
final class DeviceHelpCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(paramLabel = "TYPE", description = "A type that ./sterna devices lists.")
    private String type;
    @Mixin
    private Report report;

    DeviceHelpCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        List<InstalledModel> models = services.machines().models();
        InstalledModel newest = models.stream().filter(model -> model.model().type().equals(type)).findFirst()
            .orElseThrow(() -> MachineException.usage(type, "", "no installed bundle has this type", "the types are: "
                + models.stream().map(model -> model.model().type()).distinct().sorted().collect(Collectors.joining(", "))));
        List<Property<?>> properties = newest.model().properties();
        ObjectNode document = Json.object().put("type", type).put("bundle", newest.bundle())
            .put("version", newest.version().toString()).put("abi", newest.model().abi().toString());
        document.set("properties", Json.array(properties, DeviceHelpCommand::json));
        report.result(services, document, () -> text(newest));
        return 0;
    }

    private static ObjectNode json(Property<?> property) {
        ObjectNode json = Json.object().put("name", property.name()).put("scope", scope(property))
            .put("range", property.type().range()).put("since", property.since().toString());
        json.put("default", initial(property));
        property.bit().ifPresent(bit -> json.put("bit", bit));
        return json.put("meaning", property.meaning());
    }

    private static String text(InstalledModel installed) {
        var table = new Table("PROPERTY", "SCOPE", "VALUES", "DEFAULT", "SINCE", "BIT", "MEANING");
        for (Property<?> property : installed.model().properties()) {
            table.row(property.name(), scope(property), property.type().range(),
                Objects.requireNonNullElse(initial(property), "-"), property.since().toString(),
                property.isFeature() ? Integer.toString(property.bit().getAsInt()) : "", property.meaning());
        }
        return installed.model().type() + ", ABI " + installed.model().abi() + ", from " + installed.bundle() + " "
            + installed.version() + "\n\n" + table;
    }

    private static String scope(Property<?> property) {
        return property.scope().name().toLowerCase(Locale.ROOT);
    }

    /** The default under the newest ABI, as it would be written; null if there is none. */
    private static String initial(Property<?> property) {
        Object value = property.defaults().isEmpty() ? null : property.defaults().lastEntry().getValue();
        return switch (value) {
            case null -> null;
            case Boolean flag -> flag ? "on" : "off";
            default -> value.toString();
        };
    }
}
