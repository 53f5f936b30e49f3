package org.sterna.migration.internal.negotiation;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.FieldType;
import org.sterna.machine.state.StateException;

/** Whether trees of states hold what their schema says: each field once, of its type, and no other. */
public final class StateShape {
    private StateShape() {
    }

    /**
     * Checks a state.
     *
     * @param fields its schema
     * @param left   the fields that have been left out
     * @throws StateException with the field that is missing, surplus or of another type
     */
    public static void check(List<FieldSchema> fields, Map<?, ?> state, SortedSet<FieldPath> left)
            throws StateException {
        checkStructure(FieldPath.ROOT, "", fields, state, left);
    }

    /**
     * Checks a value of a field, such as its default.
     *
     * @throws StateException with the field in it that is missing, surplus or of another type; empty if it is the value
     *     itself
     */
    public static void check(FieldType type, Object value) throws StateException {
        checkValue(FieldPath.ROOT, "", type, value, new TreeSet<>());
    }

    private static void checkStructure(FieldPath parent, String prefix, List<FieldSchema> fields, Map<?, ?> structure,
            SortedSet<FieldPath> left) throws StateException {
        int present = 0;
        for (FieldSchema field : fields) {
            FieldPath path = parent.then(field.id());
            String name = prefix + field.name();
            Object value = structure.get((long) field.id());
            if (left.contains(path)) {
                if (value != null) {
                    throw new StateException(name, "is there, although it was to be left out");
                }
            } else if (value == null) {
                throw new StateException(name, "is missing");
            } else {
                present++;
                checkValue(path, name, field.type(), value, left);
            }
        }
        if (present < structure.size()) {
            for (Object id : structure.keySet()) {
                if (fields.stream().noneMatch(field -> id instanceof Long number && number == field.id())) {
                    throw new StateException(prefix + id, "there is no such field in its schema");
                }
            }
        }
    }

    private static void checkValue(FieldPath path, String name, FieldType type, Object value, SortedSet<FieldPath> left)
            throws StateException {
        switch (type) {
            case FieldType.Structure structure -> {
                if (!(value instanceof Map<?, ?> map)) {
                    throw wrong(name, "a structure");
                }
                checkStructure(path, name.isEmpty() ? "" : name + ".", structure.fields(), map, left);
            }
            case FieldType.Sequence sequence -> {
                if (!(value instanceof List<?> list)) {
                    throw wrong(name, "a list");
                }
                for (Object element : list) {
                    checkValue(path, name, sequence.element(), element, left);
                }
            }
            case FieldType.Scalar scalar -> {
                if (!fits(scalar, value)) {
                    throw wrong(name, "of type " + scalar.name().toLowerCase(java.util.Locale.ROOT));
                }
            }
        }
    }

    private static StateException wrong(String name, String expected) {
        return new StateException(name, "is not " + expected);
    }

    private static boolean fits(FieldType.Scalar type, Object value) {
        return switch (type) {
            case BOOL -> value instanceof Boolean;
            case I8 -> value instanceof Long number && number == number.byteValue();
            case I16 -> value instanceof Long number && number == number.shortValue();
            case I32 -> value instanceof Long number && number == number.intValue();
            case I64 -> value instanceof Long;
            case TEXT -> value instanceof String;
            case BYTES -> value instanceof byte[];
        };
    }
}
