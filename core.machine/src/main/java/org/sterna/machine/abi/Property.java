package org.sterna.machine.abi;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A named, typed setting of a device, processor or board.
 *
 * <p>A <em>guest</em> property is part of the guest ABI. It says since which ABI version it exists, its default per
 * ABI version, and the value that stands for "before it existed"; the value under a machine type then follows, and
 * nobody maintains lists of compatibility overrides. A <em>host</em> property (a back end's path, a cache size) is
 * not visible to the guest, and each host maps it anew.
 *
 * <p>A <em>feature</em> is a boolean guest property with a bit number that a driver may acknowledge.
 *
 * @param name     lower case words joined by hyphens, such as {@code write-zeroes}
 * @param scope    whether the guest can see it
 * @param type     its type and range
 * @param since    the ABI version that brought it; for a host property the first version of the type
 * @param before   the value that stands for its absence, or null if it has existed since the type's first version
 * @param defaults the default, per ABI version since which it is the default; a value of null says that the user
 *                 must give one
 * @param bit      the feature bit, if it is a feature
 * @param condition what another property must be for this one to mean anything; where it does not hold, the value
 *                 that stands for its absence is the only one
 * @param changeable whether the operator may change it while the machine exists, by an explicit command
 * @param undecided the value of a host property by which the user leaves it to the device to find out, which then {@linkplain
 *                 org.sterna.machine.device.DeviceContext#settle settles} it; nothing if there is none
 * @param meaning  one sentence for help
 * @param <T>      {@link Boolean}, {@link Long} or {@link String}
 */
public record Property<T>(String name, Scope scope, PropertyType<T> type, AbiVersion since, T before,
        NavigableMap<AbiVersion, T> defaults, OptionalInt bit, Optional<Condition<?>> condition,
        boolean changeable, Optional<T> undecided, String meaning) {
    /** One that the user decides on. */
    public Property(String name, Scope scope, PropertyType<T> type, AbiVersion since, T before,
            NavigableMap<AbiVersion, T> defaults, OptionalInt bit, Optional<Condition<?>> condition, boolean changeable,
            String meaning) {
        this(name, scope, type, since, before, defaults, bit, condition, changeable, Optional.empty(), meaning);
    }

    /** Who can see a property. */
    public enum Scope {
        /** Part of the guest ABI. */
        GUEST,
        /** Of this host only. */
        HOST
    }

    /**
     * What another property must be for a property to mean anything.
     *
     * @param property the other property, a guest property that the model lists earlier
     * @param value    the value that it must have
     */
    public record Condition<U>(Property<U> property, U value) {
        /** Whether it holds. */
        public boolean holds(Function<Property<U>, Object> values) {
            return value.equals(values.apply(property));
        }

        /** As on a command line: {@code registers=legacy}. */
        @Override
        public String toString() {
            return property.name() + "=" + property.text(value);
        }
    }

    /** The version of a type's first ABI. */
    public static final AbiVersion FIRST = new AbiVersion(1, 0);

    /** Checks the name and that the values fit the type. */
    public Property {
        if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("not a property name: '" + name + "'");
        }
        Objects.requireNonNull(scope, "scope");
        Objects.requireNonNull(meaning, "meaning");
        if ((type instanceof PropertyType.HostPath || type instanceof PropertyType.HostAddress) && scope == Scope.GUEST) {
            throw new IllegalArgumentException("property " + name + " names something of the host, so the guest cannot see it");
        }
        if (before != null) {
            type.check(before);
        }
        if (since.compareTo(FIRST) > 0 && before == null && scope == Scope.GUEST) {
            throw new IllegalArgumentException(
                "property " + name + " came with ABI " + since + ", so it needs the value that stands for its absence");
        }
        if (condition.isPresent() && (before == null || scope == Scope.HOST)) {
            throw new IllegalArgumentException("property " + name + " means something only with "
                + condition.get() + ", so it must be a guest property with a value that stands for its absence");
        }
        if (changeable && (scope == Scope.HOST || bit.isPresent())) {
            throw new IllegalArgumentException("property " + name
                + " cannot be changeable: a driver has accepted a feature for good, and a host property is mapped anew");
        }
        if (undecided.isPresent() && scope == Scope.GUEST) {
            throw new IllegalArgumentException("the guest can see property " + name + ", so it cannot be left to be found out");
        }
        undecided.ifPresent(type::check);
        for (T value : defaults.values()) {
            if (value != null) {
                type.check(value);
            }
        }
        defaults = Collections.unmodifiableNavigableMap(new TreeMap<>(defaults));
    }

    /** A feature: a boolean guest property with a bit, on by default unless said otherwise. */
    public static Builder<Boolean> feature(String name, int bit) {
        return new Builder<>(name, Scope.GUEST, new PropertyType.Flag()).bit(bit).before(false).defaultValue(true);
    }

    /** A guest property. */
    public static <T> Builder<T> guest(String name, PropertyType<T> type) {
        return new Builder<>(name, Scope.GUEST, type);
    }

    /** A host property. */
    public static <T> Builder<T> host(String name, PropertyType<T> type) {
        return new Builder<>(name, Scope.HOST, type);
    }

    /** Of the name alone: devices ask for values with every access, and no model has two properties of a name. */
    @Override
    public int hashCode() {
        return name.hashCode();
    }

    /** Whether it is a feature. */
    public boolean isFeature() {
        return bit.isPresent();
    }

    /**
     * The default under an ABI version: {@link #before} if the property came later, else the latest default up to
     * that version; null if the user must give a value.
     */
    public T defaultUnder(AbiVersion abi) {
        if (scope == Scope.GUEST && abi.compareTo(since) < 0) {
            return before;
        }
        var entry = defaults.floorEntry(abi);
        return entry == null ? before : entry.getValue();
    }

    /**
     * A value as a command line takes it, such as {@code on} or {@code 4K}.
     *
     * @throws IllegalArgumentException if the value does not fit the type
     */
    public String text(Object value) {
        return type.text(type.check(value));
    }

    /** Builds a property; every method returns this builder. */
    public static final class Builder<T> {
        private final String name;
        private final Scope scope;
        private final PropertyType<T> type;
        private final NavigableMap<AbiVersion, T> defaults = new TreeMap<>();
        private AbiVersion since = FIRST;
        private T before;
        private T initial;
        private OptionalInt bit = OptionalInt.empty();
        private Optional<Condition<?>> condition = Optional.empty();
        private boolean changeable;
        private Optional<T> undecided = Optional.empty();

        private Builder(String name, Scope scope, PropertyType<T> type) {
            this.name = name;
            this.scope = scope;
            this.type = type;
        }

        private Builder<T> bit(int number) {
            bit = OptionalInt.of(number);
            return this;
        }

        /** The ABI version that brought the property; the type's first if not called. */
        public Builder<T> since(String abi) {
            since = AbiVersion.parse(abi);
            return this;
        }

        /** The value that stands for the property's absence. */
        public Builder<T> before(T value) {
            before = value;
            return this;
        }

        /** The default from {@link #since} on. */
        public Builder<T> defaultValue(T value) {
            initial = value;
            return this;
        }

        /**
         * The default, by which the user leaves it to the device to find the value out. For a host property.
         *
         * @since 1.1
         */
        public Builder<T> undecided(T value) {
            undecided = Optional.of(value);
            return defaultValue(value);
        }

        /** Another default from a later ABI version on. */
        public Builder<T> defaultValue(String abi, T value) {
            defaults.put(AbiVersion.parse(abi), value);
            return this;
        }

        /** The property means something only if another one, which the model lists earlier, has a value. */
        public <U> Builder<T> when(Property<U> other, U value) {
            condition = Optional.of(new Condition<>(other, value));
            return this;
        }

        /**
         * The operator may change the value while the machine exists (the capacity of a disk that has grown); the
         * device then is asked through {@link org.sterna.machine.device.Device#change}. Not for a feature.
         */
        public Builder<T> changeable() {
            changeable = true;
            return this;
        }

        /** The property, with one sentence for help. */
        public Property<T> meaning(String sentence) {
            defaults.putIfAbsent(since, initial);
            return new Property<>(name, scope, type, since, before, defaults, bit, condition, changeable,
                undecided, sentence);
        }
    }
}
