package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.state.Criticality;
import org.sterna.machine.state.FieldSchema;

/** What a schema says about the fields of a state: their names, and which of them can be left out. */
public final class Fields {
    /**
     * A field where it stands.
     *
     * @param path  by ids
     * @param name  by names, for people
     * @param field its schema
     */
    public record Placed(FieldPath path, String name, FieldSchema field) {
    }

    private Fields() {
    }

    /** All fields of a record, those of nested structures too, each after the one that holds it. */
    public static List<Placed> all(List<FieldSchema> fields) {
        var all = new ArrayList<Placed>();
        collect(FieldPath.ROOT, "", fields, all);
        return all;
    }

    private static void collect(FieldPath parent, String prefix, List<FieldSchema> fields, List<Placed> into) {
        for (FieldSchema field : fields) {
            var placed = new Placed(parent.then(field.id()), prefix + field.name(), field);
            into.add(placed);
            collect(placed.path(), placed.name() + ".", FieldPath.fieldsOf(field.type()), into);
        }
    }

    /** Whether what could be left out depends on the values of a state. */
    public static boolean haveConditions(List<FieldSchema> fields) {
        return all(fields).stream().anyMatch(placed -> placed.field().criticality() == Criticality.IGNORABLE_IF_DEFAULT);
    }

    /** The fields that could be left out if they had their defaults, but do not have them. */
    public static SortedSet<FieldPath> notDefault(List<FieldSchema> fields, Map<?, ?> state) {
        var found = new TreeSet<FieldPath>();
        findNotDefault(FieldPath.ROOT, fields, state, found);
        return found;
    }

    private static void findNotDefault(FieldPath parent, List<FieldSchema> fields, Object value, SortedSet<FieldPath> into) {
        switch (value) {
            case Map<?, ?> structure -> {
                for (FieldSchema field : fields) {
                    Object item = structure.get((long) field.id());
                    FieldPath path = parent.then(field.id());
                    if (field.criticality() == Criticality.IGNORABLE_IF_DEFAULT && !field.isDefault(item)) {
                        into.add(path);
                    }
                    findNotDefault(path, FieldPath.fieldsOf(field.type()), item, into);
                }
            }
            case List<?> list -> list.forEach(element -> findNotDefault(parent, fields, element, into));
            case null, default -> { }
        }
    }

    /** The hints: fields that a reader may change without harm, so no comparison looks at them. */
    public static SortedSet<FieldPath> hints(List<FieldSchema> fields) {
        var hints = new TreeSet<FieldPath>();
        for (Placed placed : all(fields)) {
            if (placed.field().criticality() == Criticality.IGNORABLE) {
                hints.add(placed.path());
            }
        }
        return hints;
    }

    /**
     * The first state version that has every field which must be sent. What lies in a structure that need not be sent, need not
     * be either.
     *
     * @param kept the fields that could be left out if they had their defaults, but must not be
     */
    public static int needed(List<FieldSchema> fields, SortedSet<FieldPath> kept) {
        return needed(FieldPath.ROOT, fields, kept);
    }

    private static int needed(FieldPath parent, List<FieldSchema> fields, SortedSet<FieldPath> kept) {
        int needed = 1;
        for (FieldSchema field : fields) {
            FieldPath path = parent.then(field.id());
            boolean sent = switch (field.criticality()) {
                case MANDATORY -> true;
                case IGNORABLE_IF_DEFAULT -> kept.contains(path);
                case IGNORABLE -> false;
            };
            if (sent) {
                needed = Math.max(needed, Math.max(field.since(), needed(path, FieldPath.fieldsOf(field.type()), kept)));
            }
        }
        return needed;
    }

    /** A state without some of its fields. */
    public static SortedMap<Long, Object> without(Map<Long, Object> state, SortedSet<FieldPath> left) {
        var kept = new TreeMap<Long, Object>();
        without(FieldPath.ROOT, state, left).forEach((id, value) -> kept.put((Long) id, value));
        return kept;
    }

    private static Map<?, ?> without(FieldPath parent, Map<?, ?> structure, SortedSet<FieldPath> left) {
        var kept = new TreeMap<Long, Object>();
        structure.forEach((id, value) -> {
            FieldPath path = parent.then(Math.toIntExact((Long) id));
            if (!left.contains(path)) {
                kept.put((Long) id, inside(path, value, left));
            }
        });
        return kept;
    }

    private static Object inside(FieldPath path, Object value, SortedSet<FieldPath> left) {
        return switch (value) {
            case Map<?, ?> structure -> without(path, structure, left);
            case List<?> list when !list.isEmpty() && !(list.getFirst() instanceof Long) ->
                list.stream().map(element -> inside(path, element, left)).toList();
            default -> value;
        };
    }
}
