package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.FieldType;

/**
 * A field of a state by the ids on the way to it, from the outermost record on. A list on the way has no id: the path
 * means the field in every element.
 *
 * @param ids at least one
 */
public record FieldPath(List<Integer> ids) implements Comparable<FieldPath> {
    /** The empty path, from which others grow. */
    static final FieldPath ROOT = new FieldPath(List.of());

    /** Copies the ids. */
    public FieldPath {
        ids = List.copyOf(ids);
    }

    /** The path of a field inside this one. */
    FieldPath then(int id) {
        var longer = new ArrayList<>(ids);
        longer.add(id);
        return new FieldPath(longer);
    }

    /** The fields of the structure that a type is or is a list of; none if it is neither. */
    static List<FieldSchema> fieldsOf(FieldType type) {
        return switch (type) {
            case FieldType.Scalar scalar -> List.of();
            case FieldType.Sequence sequence -> fieldsOf(sequence.element());
            case FieldType.Structure structure -> structure.fields();
        };
    }

    @Override
    public int compareTo(FieldPath other) {
        for (int i = 0; i < Math.min(ids.size(), other.ids.size()); i++) {
            int order = Integer.compare(ids.get(i), other.ids.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(ids.size(), other.ids.size());
    }
}
