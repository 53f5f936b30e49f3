package org.sterna.machine.state;

import java.util.List;

/** The type of a field. The type of a field id never changes. */
public sealed interface FieldType {
    /** A type without parts. */
    enum Scalar implements FieldType {
        /** Java {@code boolean}. */
        BOOL,
        /** Java {@code byte}, in the tree a {@link Long} from -2^7 to 2^7-1. */
        I8,
        /** Java {@code short}, in the tree a {@link Long} from -2^15 to 2^15-1. */
        I16,
        /** Java {@code int}, in the tree a {@link Long} from -2^31 to 2^31-1. */
        I32,
        /** Java {@code long}, in the tree a {@link Long}; unsigned quantities are two's complement. */
        I64,
        /** Java {@link String}. */
        TEXT,
        /** Java {@code byte[]}, which the owner of a state record must not change. */
        BYTES
    }

    /**
     * Java {@link List} (or {@code long[]}, a sequence of {@link Scalar#I64}).
     *
     * @param element the type of each element
     */
    record Sequence(FieldType element) implements FieldType {
    }

    /**
     * A nested record.
     *
     * @param fields its fields, by ascending id
     */
    record Structure(List<FieldSchema> fields) implements FieldType {
        /** Copies the fields. */
        public Structure {
            fields = List.copyOf(fields);
        }
    }
}
