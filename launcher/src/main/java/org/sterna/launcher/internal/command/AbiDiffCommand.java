package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.terminal.Table;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.abi.AbiDifference;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares what two guests see. */
@Command(name = "diff", description = {"Compare two machine types, documents or running machines: what a guest would notice.",
    "Two machine types are compared with one device of every installed type, or with those of --device.",
    "Exit codes: 0 a guest would notice nothing, 1 it would, 2 they cannot be compared."})
final class AbiDiffCommand implements Callable<Integer> {
    private final Services services;

    @Parameters(index = "0", paramLabel = "A", description = "A machine type, a document's file, or a running machine.")
    private String first;
    @Parameters(index = "1", paramLabel = "B", description = "What to compare it with.")
    private String second;
    @Option(names = "--device", paramLabel = "TYPE[,PROPERTY=VALUE...]",
        description = "A device that both machine types have; may be repeated.")
    private List<String> devices = List.of();
    @Mixin
    private Report report;

    AbiDiffCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        AbiSource one = AbiSource.of(services, first);
        AbiSource other = AbiSource.of(services, second);
        AbiDocument a = document(one, other);
        AbiDocument b = document(other, one);
        List<Row> rows = AbiDifference.between(a, b).stream().map(difference -> row(difference, a, b)).toList();
        List<String> options = options(rows, a, b);
        ObjectNode document = Json.object();
        document.set("a", identity(first, a));
        document.set("b", identity(second, b));
        document.put("same", rows.isEmpty());
        document.set("differences", Json.array(rows, Row::json));
        document.set("options", Json.texts(options));
        report.result(services, document, () -> text(rows, options));
        return rows.isEmpty() ? 0 : 1;
    }

    /** A machine type takes everything that it does not say from what it is compared with. */
    private AbiDocument document(AbiSource source, AbiSource other) {
        return switch (source) {
            case AbiSource.Document(String name, AbiDocument document) -> document;
            case AbiSource.Type type when devices.isEmpty() && other instanceof AbiSource.Document document ->
                type.like(services, document.document());
            case AbiSource.Type type -> type.with(services, devices.stream().map(DeviceDefinition::parse).toList());
        };
    }

    private static ObjectNode identity(String name, AbiDocument abi) {
        return Json.object().put("name", name).put("machineType", abi.machineType()).put("fingerprint", abi.fingerprint());
    }

    /**
     * One difference for people.
     *
     * @param option what makes A like B in a new machine, or the empty string if no option does
     */
    private record Row(AbiDifference difference, String a, String b, String bit, String meaning, String option) {
        private ObjectNode json() {
            ObjectNode json = Json.object().put("kind", difference.kind().name().toLowerCase(Locale.ROOT))
                .put("path", difference.path()).put("item", difference.item()).put("a", a).put("b", b);
            if (!bit.isEmpty()) {
                json.put("bit", Integer.parseInt(bit));
            }
            return json.put("meaning", meaning).put("option", option);
        }
    }

    private Row row(AbiDifference difference, AbiDocument a, AbiDocument b) {
        String path = difference.path();
        String item = difference.item();
        return switch (difference.kind()) {
            case MACHINE -> machine(difference, b);
            case DEVICE -> {
                boolean missing = difference.a() == null;
                yield new Row(difference, missing ? "-" : "there", missing ? "there" : "-", "", "A device.",
                    missing ? "--device " + difference.b() : "");
            }
            case PART -> new Row(difference, difference.a().toString(), difference.b().toString(), "",
                item.equals("slot") ? "Where it is; slots are given in the order of --device." : "The major ABI version.",
                item.equals("slot") ? "" : "--machine " + b.machineType());
            case PROPERTY -> {
                var property = new PropertyText(services, a.part(path).orElseThrow().type(), item);
                String wanted = property.of(difference.b());
                boolean known = difference.b() != null || !wanted.equals("-");
                yield new Row(difference, property.of(difference.a()), wanted, property.bit(), property.meaning(),
                    known ? a.option(path, item, wanted) : "");
            }
        };
    }

    private static Row machine(AbiDifference difference, AbiDocument b) {
        boolean memory = difference.item().equals("memory");
        String wanted = memory ? MachineWords.MEMORY.text(b.memory()) : difference.b().toString();
        return switch (difference.item()) {
            case "memory" -> new Row(difference, MachineWords.MEMORY.text((Long) difference.a()), wanted, "",
                "The size of guest memory.", "--memory " + wanted);
            case "processors" -> new Row(difference, difference.a().toString(), wanted, "", "The number of processors.",
                "--processors " + wanted);
            default -> new Row(difference, difference.a().toString(), wanted, "", "The type of the " + difference.item() + ".",
                "--machine " + b.machineType());
        };
    }

    /** The options that make A like B, with all properties of a part in one. */
    private List<String> options(List<Row> rows, AbiDocument a, AbiDocument b) {
        Map<String, Map<String, String>> parts = new LinkedHashMap<>();
        var options = new LinkedHashSet<String>();
        for (Row row : rows) {
            if (row.option().isEmpty()) {
                continue;
            }
            String path = row.difference().path();
            if (row.difference().kind() == AbiDifference.Kind.PROPERTY) {
                var values = parts.computeIfAbsent(path, p -> new LinkedHashMap<>());
                values.put(row.difference().item(), row.b());
                awakened(row.difference().item(), a.part(path).orElseThrow(), b.part(path).orElseThrow())
                    .forEach(values::putIfAbsent);
            } else {
                options.add(row.option());
            }
        }
        parts.forEach((path, values) -> options.add(a.option(path, values)));
        return List.copyOf(options);
    }

    /**
     * The properties that mean something only once another one is as B has it: A's ABI version may have another default
     * for them than the value that they have in B.
     */
    private Map<String, String> awakened(String item, PartAbi a, PartAbi b) {
        var values = new LinkedHashMap<String, String>();
        services.machines().models().stream().map(InstalledModel::model).filter(model -> model.type().equals(a.type()))
            .findFirst().stream().flatMap(model -> model.properties().stream())
            .filter(property -> property.condition()
                .filter(on -> on.property().name().equals(item) && on.holds(other -> value(other, b))).isPresent()
                && !Objects.equals(value(property, b), property.defaultUnder(a.abi())))
            .forEach(property -> values.put(property.name(), property.text(value(property, b))));
        return values;
    }

    private static Object value(Property<?> property, PartAbi part) {
        return part.settings().containsKey(property.name()) ? part.settings().get(property.name()).value() : property.before();
    }

    private String text(List<Row> rows, List<String> options) {
        if (rows.isEmpty()) {
            return "A guest would notice no difference between " + first + " and " + second + ".\n";
        }
        var table = new Table("PART", "WHAT", first, second, "BIT", "MEANING");
        for (Row row : rows) {
            table.row(row.difference().path(), row.difference().item(), row.a(), row.b(), row.bit(), row.meaning());
            if (!row.option().isEmpty()) {
                table.note(row.option());
            }
        }
        return table + (options.isEmpty() ? "" : "\nTo a guest, " + first + " looks like " + second + " with:\n    "
            + String.join(" ", options) + "\n");
    }
}
