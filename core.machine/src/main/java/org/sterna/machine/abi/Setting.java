package org.sterna.machine.abi;

import java.util.Objects;

/**
 * The resolved value of a guest property.
 *
 * @param value      a {@link Boolean}, {@link Long} or {@link String}
 * @param provenance why it has that value
 */
public record Setting(Object value, Provenance provenance) {
    /** Checks the kind of value. */
    public Setting {
        Objects.requireNonNull(provenance, "provenance");
        if (!(value instanceof Boolean || value instanceof Long || value instanceof String)) {
            throw new IllegalArgumentException("not the value of a property: " + value);
        }
    }
}
