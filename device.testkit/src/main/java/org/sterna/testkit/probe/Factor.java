package org.sterna.testkit.probe;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;

/**
 * A property with a few values that stand for all.
 *
 * @param name   the property
 * @param values their texts, each once
 * @param needs  the property and the value of it without which this one has no value; empty if there is none
 */
record Factor(String name, List<String> values, Optional<Map.Entry<String, String>> needs) {
    /** Copies the values. */
    Factor {
        values = List.copyOf(new LinkedHashSet<>(values));
    }

    /** A property with its default, and with values from its whole range. */
    static <T> Factor of(Property<T> property) {
        var values = new LinkedHashSet<String>();
        T initial = property.defaults().lastEntry().getValue();
        if (initial != null) {
            values.add(property.type().text(initial));
        }
        values.addAll(switch (property.type()) {
            case PropertyType.Flag flag -> List.of("on", "off");
            case PropertyType.Choice choice -> choice.words();
            case PropertyType.Number number -> List.of(Long.toString(number.min()), Long.toString(number.max()));
            case PropertyType.Size size -> List.of(size.text(size.min()), size.text(size.max()));
            case PropertyType.Text text -> List.of("", "A", "Z".repeat(text.maxLength()));
            case PropertyType.HostPath path -> throw new IllegalArgumentException("a path is nothing that a guest sees");
            case PropertyType.HostAddress address -> throw new IllegalArgumentException("an address is nothing that a guest sees");
        });
        return with(property, List.copyOf(values));
    }

    /** A property with values that a device author has chosen. */
    static Factor with(Property<?> property, List<String> values) {
        return new Factor(property.name(), values, property.condition().map(Factor::need));
    }

    private static <U> Map.Entry<String, String> need(Property.Condition<U> condition) {
        return Map.entry(condition.property().name(), condition.property().type().text(condition.value()));
    }
}
