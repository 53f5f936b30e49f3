package org.sterna.device.virtio;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceContext;

/**
 * The features that a device offers: those of its model that are on in this machine.
 *
 * @param names the name of each, by bit number (0 to 63)
 */
public record FeatureSet(SortedMap<Integer, String> names) {
    /** Copies the names. */
    public FeatureSet {
        names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    }

    /** The features among a model's properties that are on. */
    public static FeatureSet offered(DeviceContext context, List<Property<?>> properties) {
        var names = new TreeMap<Integer, String>();
        for (Property<?> property : properties) {
            if (property.isFeature() && Boolean.TRUE.equals(context.get(property))) {
                names.put(property.bit().getAsInt(), property.name());
            }
        }
        return new FeatureSet(names);
    }

    /** The features as a word of bits. */
    public long bits() {
        long bits = 0;
        for (int bit : names.keySet()) {
            bits |= 1L << bit;
        }
        return bits;
    }

    /** The names of those features whose bits are set in a word. */
    public Set<String> namesOf(long bits) {
        var chosen = new TreeSet<String>();
        names.forEach((bit, name) -> {
            if ((bits & 1L << bit) != 0) {
                chosen.add(name);
            }
        });
        return chosen;
    }
}
