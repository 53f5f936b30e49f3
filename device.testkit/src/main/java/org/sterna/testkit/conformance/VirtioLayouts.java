package org.sterna.testkit.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.testkit.VirtioDriver;

/** The properties by which a virtio device lays out its registers and queues: what {@code TransportProperties} brings. */
final class VirtioLayouts {
    private static final String REGISTERS = "registers";
    private static final String LEGACY = "legacy";

    private VirtioLayouts() {
    }

    /**
     * What is to be added to the properties of a device for each of its layouts; nothing for the first.
     *
     * @param given the properties that are given anyway; if they say the layout, there is no other
     */
    static List<Map<String, String>> of(Model model, Set<String> given) {
        var others = new TreeMap<String, String>();
        for (Property<?> property : model.properties()) {
            if (property.isFeature() && 1L << property.bit().getAsInt() == VirtioDriver.RING_PACKED) {
                others.put(property.name(), "on");
            } else if (property.name().equals(REGISTERS) && property.type() instanceof PropertyType.Choice choice
                    && choice.words().contains(LEGACY)) {
                others.put(REGISTERS, LEGACY);
            }
        }
        var layouts = new ArrayList<>(List.of(Map.<String, String>of()));
        if (given.stream().noneMatch(others::containsKey)) {
            others.forEach((name, value) -> layouts.add(Map.of(name, value)));
        }
        return layouts;
    }
}
