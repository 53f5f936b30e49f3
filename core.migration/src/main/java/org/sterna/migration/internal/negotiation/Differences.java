package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.FieldType;

/**
 * How two schemas of one type differ, down into nested structures and lists of structures.
 *
 * @param writerOnly the fields that the reader does not know; of a whole structure only the structure
 * @param readerOnly the fields that the writer does not know
 * @param changed    the fields whose type is not the same, as the writer has them
 */
public record Differences(List<Fields.Placed> writerOnly, List<Fields.Placed> readerOnly, List<Fields.Placed> changed) {
    /** The differences between what a writer and a reader have. */
    public static Differences between(List<FieldSchema> writer, List<FieldSchema> reader) {
        var differences = new Differences(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        differences.compare(FieldPath.ROOT, "", writer, reader);
        return differences;
    }

    private void compare(FieldPath parent, String prefix, List<FieldSchema> writer, List<FieldSchema> reader) {
        for (FieldSchema field : writer) {
            var placed = new Fields.Placed(parent.then(field.id()), prefix + field.name(), field);
            Optional<FieldSchema> other = withId(reader, field.id());
            if (other.isEmpty()) {
                writerOnly.add(placed);
            } else if (sameShape(field.type(), other.get().type())) {
                compare(placed.path(), placed.name() + ".", FieldPath.fieldsOf(field.type()),
                    FieldPath.fieldsOf(other.get().type()));
            } else {
                changed.add(placed);
            }
        }
        for (FieldSchema field : reader) {
            if (withId(writer, field.id()).isEmpty()) {
                readerOnly.add(new Fields.Placed(parent.then(field.id()), prefix + field.name(), field));
            }
        }
    }

    private static Optional<FieldSchema> withId(List<FieldSchema> fields, int id) {
        return fields.stream().filter(field -> field.id() == id).findFirst();
    }

    private static boolean sameShape(FieldType writer, FieldType reader) {
        return switch (writer) {
            case FieldType.Scalar scalar -> scalar == reader;
            case FieldType.Sequence sequence -> reader instanceof FieldType.Sequence other
                && sameShape(sequence.element(), other.element());
            case FieldType.Structure structure -> reader instanceof FieldType.Structure;
        };
    }
}
