package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineDescription;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.PartAbi;

/** Where a guest ABI comes from, as an argument names it. */
sealed interface AbiSource {
    /** The argument. */
    String name();

    /**
     * A document, from a file or of a running machine.
     *
     * @param name     the argument
     * @param document the document
     */
    record Document(String name, AbiDocument document) implements AbiSource {
    }

    /**
     * A machine type, which becomes a guest ABI with a choice of devices.
     *
     * @param name the machine type or its family
     */
    record Type(String name) implements AbiSource {
        /** The guest ABI with the devices that a user gave, or else with one of each installed type. */
        AbiDocument with(Services services, List<DeviceDefinition> given) {
            var devices = given.isEmpty() ? services.machines().models().stream()
                .filter(installed -> installed.kind() == InstalledModel.Kind.DEVICE)
                .map(installed -> installed.model().type()).distinct()
                .map(type -> new DeviceDefinition(type, Map.of())).toList() : given;
            return describe(services, 256 << 20, 1, devices).abi();
        }

        /**
         * The guest ABI with all that a machine type does not say as another machine has it: memory, the number of
         * processors, the types of devices, and what is read off the host.
         */
        AbiDocument like(Services services, AbiDocument other) {
            var paths = other.devices().keySet().stream()
                .sorted(Comparator.comparingInt(path -> other.devices().get(path).slot())).toList();
            var open = describe(services, other.memory(), other.processors(), paths.stream()
                .map(path -> new DeviceDefinition(other.devices().get(path).type(), Map.of())).toList()).open();
            return describe(services, other.memory(), other.processors(), paths.stream()
                .map(path -> withOpen(services, path, other.devices().get(path), open)).toList()).abi();
        }

        private static DeviceDefinition withOpen(Services services, String path, PartAbi other, List<Reason> open) {
            var properties = new TreeMap<String, String>();
            open.stream().filter(reason -> reason.subject().equals(path)).map(Reason::item).forEach(item ->
                Optional.ofNullable(other.settings().get(item)).ifPresent(setting ->
                    properties.put(item, new PropertyText(services, other.type(), item).of(setting.value()))));
            return new DeviceDefinition(other.type(), properties);
        }

        private MachineDescription describe(Services services, long memory, int processors, List<DeviceDefinition> devices) {
            return services.machines().describe(
                new MachineDefinition(name, name, memory, processors, Map.of(), Map.of(), devices));
        }
    }

    /**
     * Finds what an argument names: a machine type or its family, a file, a control socket, or a machine that runs here.
     *
     * @throws MachineException (usage) if there is no such thing, or it cannot be read
     */
    static AbiSource of(Services services, String name) {
        var types = new TreeSet<String>();
        services.machines().types().forEach(type -> types.addAll(List.of(type.name(), type.family())));
        if (types.contains(name)) {
            return new Type(name);
        }
        try {
            if (name.matches("(unix|tcp):.*") || services.addresses().names().contains(name)) {
                return new Document(name, running(services, name));
            }
            if (Files.isRegularFile(Path.of(name))) {
                return new Document(name, file(Path.of(name)));
            }
        } catch (MachineException e) {
            // For commands whose exit code 1 is an answer.
            throw new MachineException(MachineException.Kind.USAGE, e.reasons(), e);
        }
        throw MachineException.usage(name, "", "no machine type, file or running machine of this name",
            "the machine types are " + String.join(", ", types));
    }

    private static AbiDocument running(Services services, String name) {
        try (QmpClient client = QmpClient.connect(services.addresses().find(name), event -> { })) {
            JsonNode answer = client.execute("x-sterna-abi", Json.object());
            return AbiDocument.fromJson(answer.path("document").asText());
        } catch (IllegalArgumentException e) {
            throw MachineException.failed(name, "", "it has answered with no ABI document: " + e.getMessage(), "");
        }
    }

    private static AbiDocument file(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            // Four bytes are the most that a character takes.
            byte[] bytes = in.readNBytes(4 * AbiDocument.MAX_LENGTH + 1);
            return AbiDocument.fromJson(
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString().strip());
        } catch (CharacterCodingException e) {
            throw noDocument(file, "it is not UTF-8");
        } catch (IOException e) {
            throw MachineException.failed(file.toString(), "", "cannot be read: " + Reason.causeOf(e), "");
        } catch (IllegalArgumentException e) {
            throw noDocument(file, e.getMessage());
        }
    }

    private static MachineException noDocument(Path file, String why) {
        return MachineException.failed(file.toString(), "", "not an ABI document: " + why,
            "make one with ./sterna abi show --json");
    }
}
