package org.sterna.migration.internal.engine;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.osgi.framework.Version;
import org.sterna.machine.Part;
import org.sterna.machine.abi.Model;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateSchema;
import org.sterna.machine.state.StateType;
import org.sterna.machine.time.ClockState;
import org.sterna.machine.time.GuestClock;

/** A part that holds a state record. */
final class FakePart implements Part {
    private final String path;
    private final Version version;
    private final StateType<?> type;
    private final Supplier<SortedMap<Long, Object>> get;
    private final Setter set;
    volatile Set<String> acknowledged = Set.of();
    volatile Optional<Model> model = Optional.empty();
    /** How often the state was looked at. */
    volatile int glimpses;

    private interface Setter {
        void set(Map<Long, Object> tree) throws StateException;
    }

    private FakePart(String path, Version version, StateType<?> type, Supplier<SortedMap<Long, Object>> get, Setter set) {
        this.path = path;
        this.version = version;
        this.type = type;
        this.get = get;
        this.set = set;
    }

    static FakePart clock(GuestClock clock) {
        var type = StateType.of("clock", ClockState.class);
        return new FakePart("/clock", Version.emptyVersion, type, () -> type.toTree(clock.state()),
            tree -> clock.restore(type.fromTree(tree)));
    }

    static <S extends Record> FakePart holding(String path, String version, StateType<S> type, S initial) {
        var holder = new AtomicReference<>(initial);
        return new FakePart(path, new Version(version), type, () -> type.toTree(holder.get()),
            tree -> holder.set(type.fromTree(tree)));
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String type() {
        return type.schema().type();
    }

    @Override
    public Optional<Model> model() {
        return model;
    }

    @Override
    public Version version() {
        return version;
    }

    @Override
    public StateSchema schema() {
        return type.schema();
    }

    @Override
    public Set<String> after() {
        return path.equals("/clock") ? Set.of() : Set.of("/clock");
    }

    @Override
    public Set<String> acknowledged() {
        return acknowledged;
    }

    @Override
    public SortedMap<Long, Object> state() {
        glimpses++;
        return get.get();
    }

    @Override
    public void restore(Map<Long, Object> state) throws StateException {
        set.set(state);
    }
}
