package org.sterna.machine.abi;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The guest ABI of one part of a machine.
 *
 * @param type     the part's type
 * @param abi      its ABI version
 * @param slot     for a device, the number of its slot among those of its kind on the board; else 0
 * @param settings its guest properties by name; one that is not here has the value that stands for its absence, so
 *                 an implementation that has never heard of it offers the same
 */
public record PartAbi(String type, AbiVersion abi, int slot, SortedMap<String, Setting> settings) {
    /** Copies the settings and checks the type and the slot. */
    public PartAbi {
        if (!type.matches(Model.NAME)) {
            throw new IllegalArgumentException("not a type name: '" + type + "'");
        }
        if (slot < 0 || slot > 0xffff) {
            throw new IllegalArgumentException("not a slot number: " + slot);
        }
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    }

    /**
     * The guest ABI that follows from resolved values: those that differ from "before it existed". A property that has
     * no default is said in any case, since it is open where it is not.
     */
    public static PartAbi of(Model model, AbiVersion abi, int slot, Map<Property<?>, Setting> resolved) {
        var settings = new TreeMap<String, Setting>();
        resolved.forEach((property, setting) -> {
            if (property.scope() == Property.Scope.GUEST
                    && (!setting.value().equals(property.before()) || leavesOpen(property, abi, resolved))) {
                settings.put(property.name(), setting);
            }
        });
        return new PartAbi(model.type(), abi, slot, settings);
    }

    /** Whether a property has no value as long as nobody has given one. */
    static boolean leavesOpen(Property<?> property, AbiVersion abi, Map<Property<?>, Setting> resolved) {
        return property.defaultUnder(abi) == null && property.condition().stream().allMatch(
            condition -> condition.holds(other -> resolved.containsKey(other) ? resolved.get(other).value() : null));
    }
}
