package org.sterna.machine.state;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.sterna.machine.text.CauseText;

/**
 * Ties a state schema to the record class that it was read from, and turns records into trees and back. All that
 * moves state (the codec, negotiation, inspection) works on schemas and trees; only this class touches the record.
 *
 * <p>A tree of a record is a map from field id ({@link Long}) to value, see {@link org.sterna.machine.cbor.Cbor}.
 * Instances are immutable and may be used from any thread.
 *
 * @param <S> the record class
 */
public final class StateType<S extends Record> {
    private final Class<S> recordClass;
    private final StateSchema schema;
    private final RecordMapper mapper;

    private StateType(String type, Class<S> recordClass) {
        this.recordClass = recordClass;
        this.mapper = new RecordMapper(recordClass);
        this.schema = new StateSchema(type, newest(mapper.fields), mapper.fields);
    }

    private static int newest(List<FieldSchema> fields) {
        int newest = 1;
        for (FieldSchema field : fields) {
            if (field.extension().isEmpty()) {
                newest = Math.max(newest, Math.max(field.since(), newestIn(field.type())));
            }
        }
        return newest;
    }

    private static int newestIn(FieldType type) {
        return switch (type) {
            case FieldType.Scalar scalar -> 1;
            case FieldType.Sequence sequence -> newestIn(sequence.element());
            case FieldType.Structure structure -> newest(structure.fields());
        };
    }

    /**
     * Reads the schema of a record class.
     *
     * @throws IllegalArgumentException if a component has no {@link Field}, or a type or default that does not fit
     */
    public static <S extends Record> StateType<S> of(String type, Class<S> recordClass) {
        return new StateType<>(type, recordClass);
    }

    /** The record class. */
    public Class<S> recordClass() {
        return recordClass;
    }

    /** The schema. */
    public StateSchema schema() {
        return schema;
    }

    /** The tree of a record. */
    public SortedMap<Long, Object> toTree(S state) {
        return mapper.toTree(state);
    }

    /**
     * The record of a tree.
     *
     * @throws StateException if a value is missing or does not fit, or the record's constructor refuses it
     */
    public S fromTree(Map<Long, Object> tree) throws StateException {
        return recordClass.cast(mapper.fromTree("", tree));
    }

    /** One component: its field, and how its Java value becomes a tree and back. */
    private record Component(FieldSchema field, Method accessor, Converter converter) {
    }

    private interface Converter {
        Object toTree(Object value);

        Object fromTree(String path, Object node) throws StateException;
    }

    private static final class RecordMapper implements Converter {
        final List<FieldSchema> fields = new ArrayList<>();
        private final List<Component> components = new ArrayList<>();
        private final Constructor<?> constructor;

        RecordMapper(Class<?> recordClass) {
            var parameters = new ArrayList<Class<?>>();
            for (RecordComponent component : recordClass.getRecordComponents()) {
                parameters.add(component.getType());
                Component mapped = map(recordClass, component);
                components.add(mapped);
                fields.add(mapped.field());
            }
            try {
                constructor = recordClass.getDeclaredConstructor(parameters.toArray(Class<?>[]::new));
                constructor.setAccessible(true);
            } catch (NoSuchMethodException e) {
                throw new IllegalStateException(e);
            }
        }

        private static Component map(Class<?> owner, RecordComponent component) {
            String name = component.getName();
            Field field = component.getAnnotation(Field.class);
            if (field == null || (field.value() == 0) == (field.id() == 0)) {
                throw new IllegalArgumentException(owner.getName() + "." + name + ": @Field with one id is required");
            }
            var typed = Typed.of(owner, name, component.getGenericType());
            Default given = component.getAnnotation(Default.class);
            Object defaultValue = given == null ? null : defaultValue(owner, name, typed.type(), given.value());
            Ignorable ignorable = component.getAnnotation(Ignorable.class);
            Criticality criticality = ignorable != null ? Criticality.IGNORABLE
                : defaultValue == null || component.isAnnotationPresent(Mandatory.class) ? Criticality.MANDATORY
                : Criticality.IGNORABLE_IF_DEFAULT;
            Method accessor = component.getAccessor();
            accessor.setAccessible(true);
            return new Component(new FieldSchema(field.value() + field.id(), name, typed.type(), field.since(),
                field.extension(), criticality, defaultValue, ignorable == null ? "" : ignorable.value()),
                accessor, typed.converter());
        }

        @Override
        public SortedMap<Long, Object> toTree(Object state) {
            var tree = new TreeMap<Long, Object>();
            for (Component component : components) {
                try {
                    Object value = component.accessor().invoke(state);
                    if (value == null) {
                        throw new IllegalStateException("the field " + component.field().name() + " of a state is null");
                    }
                    tree.put((long) component.field().id(), component.converter().toTree(value));
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            }
            return tree;
        }

        @Override
        public Object fromTree(String path, Object node) throws StateException {
            if (!(node instanceof Map<?, ?> tree)) {
                throw new StateException(path, "a structure is expected");
            }
            var arguments = new ArrayList<Object>();
            for (Component component : components) {
                FieldSchema field = component.field();
                String place = path.isEmpty() ? field.name() : path + "." + field.name();
                Object value = tree.get((long) field.id());
                if (value == null) {
                    value = field.defaultValue();
                }
                if (value == null) {
                    throw new StateException(place, "is missing and has no default");
                }
                arguments.add(component.converter().fromTree(place, value));
            }
            try {
                return constructor.newInstance(arguments.toArray());
            } catch (InvocationTargetException e) {
                throw new StateException(path, CauseText.of(e.getCause()));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        private static Object defaultValue(Class<?> owner, String name, FieldType type, String text) {
            try {
                return switch (type) {
                    case FieldType.Scalar scalar -> switch (scalar) {
                        case BOOL -> Boolean.valueOf(text);
                        case I8, I16, I32, I64 -> Long.decode(text);
                        case TEXT -> text;
                        case BYTES -> HexFormat.of().parseHex(text);
                    };
                    case FieldType.Sequence sequence when text.isEmpty() -> List.of();
                    case FieldType.Structure structure when text.isEmpty() -> {
                        var tree = new TreeMap<Long, Object>();
                        for (FieldSchema field : structure.fields()) {
                            if (!field.hasDefault()) {
                                throw new IllegalArgumentException(field.name() + " has no default");
                            }
                            tree.put((long) field.id(), field.defaultValue());
                        }
                        yield tree;
                    }
                    default -> throw new IllegalArgumentException("only the empty default is possible");
                };
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(owner.getName() + "." + name + ": default '" + text + "': " + e.getMessage());
            }
        }
    }

    /** A field type with its converter. */
    private record Typed(FieldType type, Converter converter) {
        private static final Map<Class<?>, Typed> SCALARS = new LinkedHashMap<>();

        static {
            scalar(boolean.class, FieldType.Scalar.BOOL, Boolean.class, value -> value);
            integer(byte.class, FieldType.Scalar.I8, Byte.MIN_VALUE, Byte.MAX_VALUE, Long::byteValue);
            integer(short.class, FieldType.Scalar.I16, Short.MIN_VALUE, Short.MAX_VALUE, Long::shortValue);
            integer(int.class, FieldType.Scalar.I32, Integer.MIN_VALUE, Integer.MAX_VALUE, Long::intValue);
            integer(long.class, FieldType.Scalar.I64, Long.MIN_VALUE, Long.MAX_VALUE, value -> value);
            scalar(String.class, FieldType.Scalar.TEXT, String.class, value -> value);
            scalar(byte[].class, FieldType.Scalar.BYTES, byte[].class, value -> ((byte[]) value).clone());
            SCALARS.put(Long.class, SCALARS.get(long.class));
            SCALARS.put(Integer.class, SCALARS.get(int.class));
            SCALARS.put(Boolean.class, SCALARS.get(boolean.class));
        }

        private static void scalar(Class<?> javaType, FieldType.Scalar type, Class<?> treeType,
                UnaryOperator<Object> copy) {
            SCALARS.put(javaType, new Typed(type, new Converter() {
                @Override
                public Object toTree(Object value) {
                    return copy.apply(value);
                }

                @Override
                public Object fromTree(String path, Object node) throws StateException {
                    if (!treeType.isInstance(node)) {
                        throw new StateException(path, "a value of type " + type + " is expected");
                    }
                    return copy.apply(node);
                }
            }));
        }

        private static void integer(Class<?> javaType, FieldType.Scalar type, long min, long max,
                Function<Long, Object> narrow) {
            SCALARS.put(javaType, new Typed(type, new Converter() {
                @Override
                public Object toTree(Object value) {
                    return ((Number) value).longValue();
                }

                @Override
                public Object fromTree(String path, Object node) throws StateException {
                    if (!(node instanceof Long number) || number < min || number > max) {
                        throw new StateException(path, "an integer of type " + type + " is expected"
                            + (node instanceof Long ? ", not " + node : ""));
                    }
                    return narrow.apply(number);
                }
            }));
        }

        static Typed of(Class<?> owner, String name, Type javaType) {
            Typed scalar = javaType instanceof Class<?> c ? SCALARS.get(c) : null;
            if (scalar != null) {
                return scalar;
            }
            if (javaType instanceof Class<?> c && c.isRecord()) {
                var mapper = new RecordMapper(c);
                // The schema sorts, so that a structure is the same whatever the order of its components.
                return new Typed(new FieldType.Structure(new StateSchema(c.getSimpleName(), 1, mapper.fields).fields()), mapper);
            }
            if (javaType == long[].class) {
                return new Typed(new FieldType.Sequence(FieldType.Scalar.I64), new LongArrayConverter());
            }
            if (javaType instanceof ParameterizedType p && p.getRawType() == List.class) {
                Typed element = of(owner, name, p.getActualTypeArguments()[0]);
                return new Typed(new FieldType.Sequence(element.type()), new ListConverter(element.converter()));
            }
            throw new IllegalArgumentException(owner.getName() + "." + name + ": " + javaType.getTypeName()
                + " cannot be a field of a state");
        }
    }

    private record ListConverter(Converter element) implements Converter {
        @Override
        public Object toTree(Object value) {
            return ((List<?>) value).stream().map(element::toTree).toList();
        }

        @Override
        public Object fromTree(String path, Object node) throws StateException {
            if (!(node instanceof List<?> items)) {
                throw new StateException(path, "a list is expected");
            }
            var list = new ArrayList<Object>(items.size());
            for (Object item : items) {
                list.add(element.fromTree(path + "[" + list.size() + "]", item));
            }
            return List.copyOf(list);
        }
    }

    private record LongArrayConverter() implements Converter {
        @Override
        public Object toTree(Object value) {
            var list = new ArrayList<Object>();
            for (long item : (long[]) value) {
                list.add(item);
            }
            return list;
        }

        @Override
        public Object fromTree(String path, Object node) throws StateException {
            if (!(node instanceof List<?> items)) {
                throw new StateException(path, "a list is expected");
            }
            long[] array = new long[items.size()];
            for (int i = 0; i < array.length; i++) {
                if (!(items.get(i) instanceof Long number)) {
                    throw new StateException(path + "[" + i + "]", "an integer is expected");
                }
                array[i] = number;
            }
            return array;
        }
    }
}
