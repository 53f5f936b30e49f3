package org.sterna.migration.internal.wire;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.sterna.machine.state.Criticality;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.FieldType;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateSchema;
import org.sterna.migration.internal.negotiation.StateShape;

/** The trees of state schemas (specification, section 5.2). */
public final class Schemas {
    private static final Map<String, Criticality> CRITICALITIES = Trees.words(Criticality.values());
    private static final Map<String, FieldType.Scalar> SCALARS = Trees.words(FieldType.Scalar.values());

    private Schemas() {
    }

    /** The tree of a schema. */
    public static Object tree(StateSchema schema) {
        return Trees.map("type", schema.type(), "version", (long) schema.version(), "fields", tree(schema.fields()));
    }

    private static Object tree(List<FieldSchema> fields) {
        return fields.stream().map(Schemas::tree).toList();
    }

    private static Object tree(FieldSchema field) {
        var tree = Trees.map("id", (long) field.id(), "name", field.name(), "type", tree(field.type()),
            "since", (long) field.since(), "criticality", Trees.word(field.criticality()));
        if (!field.extension().isEmpty()) {
            tree.put("extension", field.extension());
        }
        if (field.hasDefault()) {
            tree.put("default", field.defaultValue());
        }
        if (!field.why().isEmpty()) {
            tree.put("why", field.why());
        }
        return tree;
    }

    private static Object tree(FieldType type) {
        return switch (type) {
            case FieldType.Scalar scalar -> Trees.word(scalar);
            case FieldType.Sequence sequence -> Trees.map("list", tree(sequence.element()));
            case FieldType.Structure structure -> Trees.map("fields", tree(structure.fields()));
        };
    }

    /** The schema of a tree. */
    public static StateSchema schema(Node node) throws Failure {
        String type = node.get("type").text();
        int version = node.get("version").ordinal();
        var fields = node.get("fields").items(Limits.FIELDS, Schemas::field);
        checkNames(node, fields);
        return node.make(() -> new StateSchema(type, version, fields));
    }

    /** A field is named by a path of names, which must lead to one field. */
    private static void checkNames(Node node, List<FieldSchema> fields) throws Failure {
        var names = new HashSet<String>();
        for (FieldSchema field : fields) {
            if (field.name().isEmpty() || field.name().contains(".") || !names.add(field.name())) {
                throw Failure.here(node.peer(), "sent a malformed message: " + node.place()
                    + " has a field of the name '" + field.name() + "', which is empty, has a dot, or comes twice", "");
            }
        }
    }

    private static FieldSchema field(Node node) throws Failure {
        FieldSchema field = node.make(() -> new FieldSchema(node.get("id").ordinal(), node.get("name").text(),
            type(node.get("type")), node.get("since").ordinal(), node.get("extension").textOrEmpty(),
            node.get("criticality").word(CRITICALITIES), node.get("default").value(), node.get("why").textOrEmpty()));
        if (field.hasDefault()) {
            try {
                StateShape.check(field.type(), field.defaultValue());
            } catch (StateException e) {
                throw Failure.here(node.peer(), "sent a malformed message: the default of the field " + field.name()
                    + ", " + node.place() + ".default: " + e.getMessage(), "");
            }
        }
        return field;
    }

    private static FieldType type(Node node) throws Failure {
        if (node.value() instanceof String) {
            return node.word(SCALARS);
        }
        Node list = node.get("list");
        if (list.present()) {
            return new FieldType.Sequence(type(list));
        }
        var fields = node.get("fields").items(Limits.FIELDS, Schemas::field);
        checkNames(node, fields);
        return new FieldType.Structure(node.make(() -> new StateSchema("", 1, fields)).fields());
    }
}
