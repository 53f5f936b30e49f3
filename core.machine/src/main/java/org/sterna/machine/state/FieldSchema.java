package org.sterna.machine.state;

import java.util.Objects;

/**
 * One field of a schema.
 *
 * @param id           at least 1, unique among its siblings
 * @param name         for people: messages, {@code inspect}
 * @param type         its type
 * @param since        the state version that brought it
 * @param extension    the extension that it belongs to, or the empty string
 * @param criticality  what a reader that does not know it may do
 * @param defaultValue the default in the form of a tree (see {@link org.sterna.machine.cbor.Cbor}), or null if none
 * @param why          why it may be ignored, if it is {@link Criticality#IGNORABLE}; else the empty string
 */
public record FieldSchema(int id, String name, FieldType type, int since, String extension, Criticality criticality,
        Object defaultValue, String why) {
    /** Checks the ranges and that what can be dropped has a default. */
    public FieldSchema {
        if (id < 1 || since < 1) {
            throw new IllegalArgumentException("field " + name + ": ids and versions start at 1");
        }
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(extension, "extension");
        if (criticality != Criticality.MANDATORY && defaultValue == null) {
            throw new IllegalArgumentException("field " + name + " can be dropped, so it needs a default");
        }
        if (criticality == Criticality.IGNORABLE && why.isBlank()) {
            throw new IllegalArgumentException("field " + name + " is ignorable, so it must be said why");
        }
    }

    /** Whether it has a default. */
    public boolean hasDefault() {
        return defaultValue != null;
    }

    /** Whether a value (a tree) is the default. */
    public boolean isDefault(Object value) {
        return hasDefault() && Trees.equal(defaultValue, value);
    }
}
