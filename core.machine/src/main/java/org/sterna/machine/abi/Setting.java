package org.sterna.machine.abi;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The resolved value of a guest property.
 *
 * @param value      a {@link Boolean}, {@link Long} or {@link String}
 * @param provenance why it has that value
 */
public record Setting(Object value, Provenance provenance) {
    /** Checks the kind of value, and that canonical JSON can hold it. */
    public Setting {
        Objects.requireNonNull(provenance, "provenance");
        boolean holds = switch (value) {
            case Boolean flag -> true;
            case Long number -> number >= -PropertyType.MAX_NUMBER && number <= PropertyType.MAX_NUMBER;
            // Half a character has no UTF-8, and so no place in a fingerprint (RFC 8785, section 3.2.2.2).
            case String text -> StandardCharsets.UTF_8.newEncoder().canEncode(text);
            case null, default -> false;
        };
        if (!holds) {
            throw new IllegalArgumentException("not the value of a property: " + value);
        }
    }

    /** The value as a command line takes it, where the property's type is not known. */
    public String text() {
        return value instanceof Boolean flag ? flag ? "on" : "off" : value.toString();
    }
}
