package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
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

    /**
     * The fields because of which something would be lost or missing.
     *
     * @param notDefault the writer's fields that could be left out if they had their defaults, but do not have them
     */
    List<Fields.Placed> unbridged(SortedSet<FieldPath> notDefault) {
        var unbridged = new ArrayList<>(changed);
        for (Fields.Placed field : writerOnly) {
            switch (field.field().criticality()) {
                case MANDATORY -> unbridged.add(field);
                case IGNORABLE_IF_DEFAULT -> {
                    if (notDefault.contains(field.path())) {
                        unbridged.add(field);
                    }
                }
                case IGNORABLE -> { }
            }
        }
        readerOnly.stream().filter(field -> !field.field().hasDefault()).forEach(unbridged::add);
        return unbridged;
    }

    /** The paths of the fields that the reader does not know. */
    SortedSet<FieldPath> writerOnlyPaths() {
        return paths(writerOnly);
    }

    /** The paths of the fields that the writer does not know. */
    SortedSet<FieldPath> readerOnlyPaths() {
        return paths(readerOnly);
    }

    private static SortedSet<FieldPath> paths(List<Fields.Placed> fields) {
        var paths = new TreeSet<FieldPath>();
        fields.forEach(field -> paths.add(field.path()));
        return paths;
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
