package org.sterna.machine.device;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A device in the terms of a device tree (Devicetree Specification 0.4, section 2.2). The board adds address, size and
 * interrupt.
 *
 * @param name       the generic name of the node, such as {@code serial}
 * @param compatible the values of {@code compatible}, most specific first
 * @param cells      further properties, each of 32-bit cells
 */
public record DeviceNode(String name, List<String> compatible, SortedMap<String, List<Integer>> cells) {
    /** Copies the collections. */
    public DeviceNode {
        compatible = List.copyOf(compatible);
        cells = Collections.unmodifiableSortedMap(new TreeMap<>(cells));
    }

    /** A node without further properties. */
    public static DeviceNode of(String name, String... compatible) {
        return new DeviceNode(name, List.of(compatible), new TreeMap<>());
    }

    /** This node with one more property. */
    public DeviceNode with(String property, Integer... values) {
        var more = new TreeMap<>(cells);
        more.put(property, List.of(values));
        return new DeviceNode(name, compatible, more);
    }
}
