package org.sterna.machine.state;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The schema of one type's state. It travels with the data, so that a tool without the type's bundle can read it.
 *
 * @param type    the type, such as {@code pvclock}
 * @param version the state version: the greatest {@code since} of the fields outside extensions
 * @param fields  the fields, by ascending id
 */
public record StateSchema(String type, int version, List<FieldSchema> fields) {
    /** Sorts the fields and checks that their ids are unique. */
    public StateSchema {
        fields = fields.stream().sorted(Comparator.comparingInt(FieldSchema::id)).toList();
        var ids = new HashSet<Integer>();
        for (FieldSchema field : fields) {
            if (!ids.add(field.id())) {
                throw new IllegalArgumentException("the state of " + type + " has two fields with id " + field.id());
            }
        }
    }

    /** The names of the extensions that its fields belong to. */
    public SortedSet<String> extensions() {
        var names = new TreeSet<String>();
        for (FieldSchema field : fields) {
            if (!field.extension().isEmpty()) {
                names.add(field.extension());
            }
        }
        return names;
    }
}
