package org.sterna.deployment.internal;

import java.util.AbstractMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.MachineType;
import org.sterna.machine.abi.Property;

/**
 * The host properties that a definition gives its board and devices, as text, by path. Which properties are of the host is known once
 * the bundle is there, so this is looked up whenever the map is read.
 */
final class HostProperties extends AbstractMap<String, Map<String, String>> {
    private final Machines machines;
    private final MachineDefinition definition;

    HostProperties(Machines machines, MachineDefinition definition) {
        this.machines = machines;
        this.definition = definition;
    }

    @Override
    public Set<Entry<String, Map<String, String>>> entrySet() {
        var host = new TreeMap<String, Map<String, String>>();
        boardType().ifPresent(type -> host.put("/" + type, host(type, definition.board())));
        ConfigurationDiff.byPath(definition.devices())
            .forEach((path, device) -> host.put(path, host(device.type(), device.properties())));
        return host.entrySet();
    }

    /** The board of the machine type, or of its family. */
    private Optional<String> boardType() {
        return machines.types().stream().filter(type -> type.name().equals(definition.machineType())
            || type.family().equals(definition.machineType())).map(MachineType::board).findFirst();
    }

    private Map<String, String> host(String type, Map<String, String> given) {
        var properties = new HashMap<>(given);
        properties.keySet().removeIf(name -> !name.equals(Machines.BUNDLE) && !isHost(type, name));
        return properties;
    }

    private boolean isHost(String type, String name) {
        return machines.models().stream().map(installed -> installed.model()).filter(model -> model.type().equals(type))
            .anyMatch(model -> model.property(name).filter(property -> property.scope() == Property.Scope.HOST).isPresent());
    }
}
