package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.machine.MachineException;
import org.sterna.migration.Inspection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what is in a snapshot or a recorded stream. */
@Command(name = "inspect", description = {"Decode a snapshot, or what one side has sent over a line, by the schemas in it.",
    "No bundle of any device in it is needed. A recorded line may be cut; a snapshot must be whole."})
final class InspectCommand implements Callable<Integer> {
    private static final String CONTRADICTIONS = "contradictions";

    private final Services services;

    @Parameters(paramLabel = "FILE", arity = "1..2", description = "The file; with --diff two files.")
    private List<Path> files;
    @Option(names = "--diff", description = "Show what differs between two files; the exit code is 1 if anything does.")
    private boolean diff;
    @Mixin
    private Report report;

    InspectCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        if (diff != (files.size() == 2)) {
            throw MachineException.usage("inspect", "", diff ? "--diff compares two files" : "one file at a time",
                diff ? "give FILE FILE" : "use --diff for two");
        }
        List<ObjectNode> decoded = files.stream().map(file -> json(services.migrations().inspect(file))).toList();
        if (!diff) {
            report.result(services, decoded.getFirst(), () -> tree(decoded.getFirst(), 0));
            return decoded.getFirst().has(CONTRADICTIONS) ? 1 : 0;
        }
        Map<String, String> left = leaves(decoded.getFirst());
        Map<String, String> right = leaves(decoded.getLast());
        var places = new TreeSet<>(left.keySet());
        places.addAll(right.keySet());
        places.removeIf(place -> left.getOrDefault(place, "").equals(right.getOrDefault(place, "")));
        ArrayNode differences = Json.array(places, place -> Json.object().put("place", place).put("a", left.get(place))
            .put("b", right.get(place)));
        ObjectNode document = Json.object().put("result", places.isEmpty() ? "same" : "different");
        document.set("differences", differences);
        report.result(services, document, () -> {
            var text = new StringBuilder();
            places.forEach(place -> text.append(place).append(": ").append(left.getOrDefault(place, "none")).append(" -> ")
                .append(right.getOrDefault(place, "none")).append('\n'));
            return text.toString();
        });
        return places.isEmpty() ? 0 : 1;
    }

    private static ObjectNode json(Inspection found) {
        ObjectNode json = Json.object().put("medium", found.medium()).put("role", found.role()).put("whole", found.whole())
            .put("producer", found.producer()).put("protocol", found.protocol());
        if (!found.cut().isEmpty()) {
            json.put("ends", found.cut());
        }
        if (found.abi() != null) {
            json.put("machine", found.name());
            found.ran().ifPresent(ran -> json.put("running", ran));
            json.put("machineType", found.abi().machineType())
                .put("memory", found.abi().memory()).put("fingerprint", found.abi().fingerprint())
                .put("dataPages", found.dataPages()).put("zeroPages", found.zeroPages());
        }
        if (found.verdict() != null) {
            json.set("verdict", VerdictJson.write(found.verdict()));
        }
        if (!found.contradictions().isEmpty()) {
            json.set(CONTRADICTIONS, Json.array(found.contradictions(), Json::of));
        }
        if (!found.reasons().isEmpty()) {
            json.set("reasons", Json.array(found.reasons(), Json::of));
        }
        ObjectNode frames = Json.object();
        found.frames().forEach((type, all) -> frames.set(type,
            Json.object().put("number", all.number()).put("bytes", all.bytes())));
        json.set("frames", frames);
        ObjectNode sections = Json.object();
        for (Inspection.Section section : found.sections()) {
            ObjectNode node = Json.object().put("type", section.type()).put("bundle", section.bundle())
                .put("stateVersion", section.version());
            node.set("state", section.fields() == null ? Json.object().nullNode() : value(section.fields()));
            sections.set(section.path(), node);
        }
        if (found.abi() != null) {
            json.set("sections", sections);
        }
        return json;
    }

    private static JsonNode value(Object value) {
        ObjectNode factory = Json.object();
        return switch (value) {
            case Map<?, ?> map -> {
                ObjectNode object = Json.object();
                map.forEach((name, item) -> object.set(name.toString(), value(item)));
                yield object;
            }
            case List<?> list -> Json.array(list, InspectCommand::value);
            case byte[] bytes -> factory.textNode(HexFormat.of().formatHex(bytes));
            case Boolean flag -> factory.booleanNode(flag);
            case Long number -> factory.numberNode(number);
            default -> factory.textNode(value.toString());
        };
    }

    private static String tree(JsonNode node, int depth) {
        var text = new StringBuilder();
        node.properties().forEach(entry -> {
            text.append("  ".repeat(depth)).append(entry.getKey());
            if (entry.getValue().isObject()) {
                text.append('\n').append(tree(entry.getValue(), depth + 1));
            } else {
                text.append(": ").append(leaf(entry.getValue())).append('\n');
            }
        });
        return text.toString();
    }

    /** A value on one line; numbers in both ways in which people think of them. */
    private static String leaf(JsonNode value) {
        if (value.isIntegralNumber() && (value.asLong() > 9 || value.asLong() < 0)) {
            return String.format(Locale.ROOT, "%d (0x%x)", value.asLong(), value.asLong());
        }
        return value.isTextual() ? value.asText() : value.toString();
    }

    private static Map<String, String> leaves(JsonNode node) {
        var leaves = new TreeMap<String, String>();
        collect(new ArrayList<>(), node, leaves);
        return leaves;
    }

    private static void collect(List<String> place, JsonNode node, Map<String, String> leaves) {
        if (!node.isObject()) {
            leaves.put(String.join(".", place), leaf(node));
            return;
        }
        node.properties().forEach(entry -> {
            place.add(entry.getKey());
            collect(place, entry.getValue(), leaves);
            place.removeLast();
        });
    }
}
