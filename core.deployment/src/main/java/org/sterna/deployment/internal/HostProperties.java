package org.sterna.deployment.internal;

import java.util.AbstractMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.Property;

/**
 * The host properties that a definition gives its devices, as text, by path. Which of a device's properties are of the host is
 * known once its bundle is there, so this is looked up whenever the map is read.
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
        ConfigurationDiff.byPath(definition.devices()).forEach((path, device) -> host.put(path, host(device)));
        return host.entrySet();
    }

    private Map<String, String> host(DeviceDefinition device) {
        var properties = new HashMap<>(device.properties());
        properties.keySet().removeIf(name -> !name.equals(Machines.BUNDLE) && !isHost(device.type(), name));
        return properties;
    }

    private boolean isHost(String type, String name) {
        return machines.models().stream().map(installed -> installed.model()).filter(model -> model.type().equals(type))
            .anyMatch(model -> model.property(name).filter(property -> property.scope() == Property.Scope.HOST).isPresent());
    }
}
