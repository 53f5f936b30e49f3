package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/** A machine definition in a file: one JSON object with the words of the command line (docs/machine-definition.md). */
final class DefinitionFile {
    private static final Set<String> WORDS = Set.of("machine", "memory", "processors", "devices", "board", "processor", "kernel",
        "initrd", "append", "bios");
    private static final Set<String> DEVICE_WORDS = Set.of("type", "properties");

    private final Path file;

    private DefinitionFile(Path file) {
        this.file = file;
    }

    /**
     * Reads a file.
     *
     * @throws MachineException (usage) if it cannot be read or says something else; with the place in it
     */
    static MachineWords read(Path file) {
        try {
            return new DefinitionFile(file).words(Json.read(Files.readAllBytes(file)));
        } catch (JsonProcessingException e) {
            throw MachineException.usage(file.toString(), "", Reason.causeOf(e), "");
        } catch (NoSuchFileException e) {
            throw MachineException.usage(file.toString(), "", "no such file", "");
        } catch (IOException e) {
            throw MachineException.usage(file.toString(), "", "cannot be read: " + Reason.causeOf(e), "");
        }
    }

    private MachineWords words(JsonNode root) {
        check("", root, WORDS);
        var devices = new ArrayList<DeviceDefinition>();
        for (JsonNode device : list(root.path("devices"))) {
            String place = "devices[" + devices.size() + "]";
            check(place, device, DEVICE_WORDS);
            String type = text(place + ".type", device.path("type"));
            if (type == null) {
                throw wrong(place + ".type", "a device has a type", "write for example {\"type\": \"virtio-blk\"}");
            }
            devices.add(new DeviceDefinition(type, properties(place + ".properties", device.path("properties"))));
        }
        return new MachineWords(text(root, "machine"), text(root, "memory"), text(root, "processors"), devices,
            properties("board", root.path("board")), properties("processor", root.path("processor")), text(root, "kernel"),
            text(root, "initrd"), text(root, "append"), text(root, "bios"));
    }

    private void check(String place, JsonNode node, Set<String> words) {
        if (!node.isObject()) {
            throw wrong(place, "this is no object", "");
        }
        node.fieldNames().forEachRemaining(name -> {
            if (!words.contains(name)) {
                throw wrong(place.isEmpty() ? name : place + "." + name, "there is no such word",
                    "the words are " + String.join(", ", words.stream().sorted().toList()));
            }
        });
    }

    private List<JsonNode> list(JsonNode node) {
        if (!node.isMissingNode() && !node.isArray()) {
            throw wrong("devices", "this is no list", "write [{\"type\": …}, …]");
        }
        return node.valueStream().toList();
    }

    private Map<String, String> properties(String place, JsonNode node) {
        if (!node.isMissingNode() && !node.isObject()) {
            throw wrong(place, "this is no object", "write {\"property\": value, …}");
        }
        var properties = new LinkedHashMap<String, String>();
        node.properties().forEach(entry -> properties.put(entry.getKey(), text(place + "." + entry.getKey(), entry.getValue())));
        return properties;
    }

    private String text(JsonNode root, String word) {
        return text(word, root.path(word));
    }

    /** As the command line has it; null if there is nothing. */
    private String text(String place, JsonNode node) {
        return switch (node.getNodeType()) {
            case MISSING -> null;
            case BOOLEAN -> node.booleanValue() ? "on" : "off";
            case STRING, NUMBER -> node.asText();
            default -> throw wrong(place, "this is no text, number, true or false", "");
        };
    }

    private MachineException wrong(String place, String cause, String remedy) {
        return MachineException.usage(file.toString(), place, cause, remedy);
    }
}
