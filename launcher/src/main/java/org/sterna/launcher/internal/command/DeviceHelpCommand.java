package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Property;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Explains the properties of one type, from what its bundle declares; without a type, lists the types. */
@Command(name = "help", description = {"Show the properties of a type of device, processor or board; without a type, list"
    + " the types.", "Of several installed versions it is the newest; --bundles DIR chooses others."})
final class DeviceHelpCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(paramLabel = "TYPE", arity = "0..1", description = "A type of device, processor or board.")
    private String type;
    @Mixin
    private Report report;

    DeviceHelpCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        if (type == null) {
            list();
        } else {
            explain(services.machines().models(type).getFirst());
        }
        return 0;
    }

    private void list() {
        var types = new LinkedHashMap<String, InstalledModel>();
        services.machines().models().forEach(installed -> types.putIfAbsent(installed.model().type(), installed));
        ObjectNode document = Json.object();
        document.set("types", Json.array(types.values(), DeviceHelpCommand::identity));
        report.result(services, document, () -> {
            var table = new Table("KIND", "TYPE", "ABI", "PROPERTIES");
            types.forEach((name, installed) -> table.row(kind(installed), name, installed.model().abi().toString(),
                installed.model().properties().stream().map(Property::name).collect(Collectors.joining(" "))));
            return table + "\n./sterna device help TYPE explains one.\n";
        });
    }

    private void explain(InstalledModel installed) {
        List<Property<?>> properties = installed.model().properties();
        ObjectNode document = identity(installed);
        document.set("properties", Json.array(properties, DeviceHelpCommand::json));
        report.result(services, document, () -> text(installed));
    }

    private static ObjectNode identity(InstalledModel installed) {
        return Json.object().put("kind", kind(installed)).put("type", installed.model().type())
            .put("bundle", installed.bundle()).put("version", installed.version().toString())
            .put("abi", installed.model().abi().toString());
    }

    private static String kind(InstalledModel installed) {
        return installed.kind().name().toLowerCase(Locale.ROOT);
    }

    private static ObjectNode json(Property<?> property) {
        ObjectNode json = Json.object().put("name", property.name()).put("scope", scope(property))
            .put("range", property.type().range()).put("since", property.since().toString());
        Map<AbiVersion, String> defaults = defaults(property);
        ObjectNode byAbi = Json.object();
        defaults.forEach((abi, text) -> byAbi.put(abi.toString(), text));
        json.put("default", new ArrayList<>(defaults.values()).getLast());
        json.set("defaults", byAbi);
        property.condition().ifPresent(condition -> json.put("when", condition.toString()));
        property.bit().ifPresent(bit -> json.put("bit", bit));
        return json.put("changeable", property.changeable()).put("meaning", property.meaning());
    }

    private static String text(InstalledModel installed) {
        var table = new Table("PROPERTY", "SCOPE", "VALUES", "DEFAULT", "SINCE", "WHEN", "BIT", "MEANING");
        for (Property<?> property : installed.model().properties()) {
            table.row(property.name(), scope(property), property.type().range(), text(defaults(property)),
                property.since().toString(), property.condition().map(Object::toString).orElse(""),
                property.isFeature() ? Integer.toString(property.bit().getAsInt()) : "",
                property.meaning() + (property.changeable() ? " It can be changed later." : ""));
        }
        return installed.model().type() + ", a " + kind(installed) + " of ABI " + installed.model().abi() + ", from "
            + installed.bundle() + " " + installed.version() + "\n\n" + table;
    }

    private static String scope(Property<?> property) {
        return property.scope().name().toLowerCase(Locale.ROOT);
    }

    /** The default and since which ABI version it is, as it would be written; null if there is none. At least one. */
    private static Map<AbiVersion, String> defaults(Property<?> property) {
        var versions = new TreeSet<>(property.defaults().keySet());
        versions.add(Property.FIRST);
        versions.add(property.since());
        var defaults = new LinkedHashMap<AbiVersion, String>();
        Object last = null;
        for (AbiVersion abi : versions) {
            Object value = property.defaultUnder(abi);
            if (defaults.isEmpty() || value != null && !value.equals(last)) {
                defaults.put(abi, value == null ? null : property.text(value));
                last = value;
            }
        }
        return defaults;
    }

    /** {@code off, 1.1: on}. */
    private static String text(Map<AbiVersion, String> defaults) {
        return defaults.entrySet().stream()
            .map(entry -> (entry.getKey().equals(Property.FIRST) ? "" : entry.getKey() + ": ")
                + (entry.getValue() == null ? "-" : entry.getValue().isEmpty() ? "\"\"" : entry.getValue()))
            .collect(Collectors.joining(", "));
    }
}
