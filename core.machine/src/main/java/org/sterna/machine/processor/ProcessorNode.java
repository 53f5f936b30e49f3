package org.sterna.machine.processor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A processor in the terms of a device tree (Devicetree Specification 0.4, section 3.8). The board adds its number, its
 * status and the interrupt controller that it wires.
 *
 * @param compatible the values of {@code compatible}, most specific first
 * @param strings    further properties, each a list of strings, in the order in which they stand in the tree
 */
public record ProcessorNode(List<String> compatible, Map<String, List<String>> strings) {
    /** Copies the collections. */
    public ProcessorNode {
        compatible = List.copyOf(compatible);
        strings = Collections.unmodifiableMap(new LinkedHashMap<>(strings));
    }

    /** A node without further properties. */
    public static ProcessorNode of(String... compatible) {
        return new ProcessorNode(List.of(compatible), Map.of());
    }

    /** This node with one more property. */
    public ProcessorNode with(String property, String... values) {
        var more = new LinkedHashMap<>(strings);
        more.put(property, List.of(values));
        return new ProcessorNode(compatible, more);
    }
}
