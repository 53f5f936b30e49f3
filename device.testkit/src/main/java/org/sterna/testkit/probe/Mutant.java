package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.IoError;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.time.GuestClock;

/**
 * A device with a change planted around it, to prove that a gate notices: the device itself is the original. A mutant is
 * immutable and carries any number of changes.
 *
 * <p>{@code Mutant.of(factory).reading(5, 1, value -> value | 1)} shows another value in one register.
 */
public final class Mutant implements DeviceFactory {
    private final DeviceFactory original;
    private final Model model;
    private final List<Plant> changes;
    private final UnaryOperator<DeviceNode> node;

    /** What is planted at a register; a null says that this kind of access is as it was. */
    private record Plant(Access at, LongUnaryOperator read, LongUnaryOperator written, Consumer<Device<?>> effect) {
    }

    private Mutant(DeviceFactory original, Model model, List<Plant> changes, UnaryOperator<DeviceNode> node) {
        this.original = original;
        this.model = model;
        this.changes = List.copyOf(changes);
        this.node = node;
    }

    /** A device without any change so far. */
    public static Mutant of(DeviceFactory original) {
        return new Mutant(original, original.model(), List.of(), UnaryOperator.identity());
    }

    /** Another value where a register is read. */
    public Mutant reading(long offset, int size, LongUnaryOperator change) {
        return with(new Plant(new Access(offset, size), change, null, null));
    }

    /** Another value when a register is written, such as one with fewer bits. */
    public Mutant writing(long offset, int size, LongUnaryOperator change) {
        return with(new Plant(new Access(offset, size), null, change, null));
    }

    /** A side effect of a load: something that is done to the original device after it. */
    public Mutant afterReading(long offset, int size, Consumer<Device<?>> effect) {
        return with(new Plant(new Access(offset, size), null, null, effect));
    }

    private Mutant with(Plant change) {
        var more = new ArrayList<>(changes);
        more.add(change);
        return new Mutant(original, model, more, node);
    }

    /** Another announcement in the device tree. */
    public Mutant announced(UnaryOperator<DeviceNode> change) {
        return new Mutant(original, model, changes, change);
    }

    /**
     * Another default of a property, under every ABI version that has it.
     *
     * @param text the default, as on a command line
     */
    public Mutant withDefault(String property, String text) {
        var properties = new ArrayList<Property<?>>();
        Property<?> changed = null;
        for (Property<?> each : model.properties()) {
            if (each.name().equals(property)) {
                changed = defaulting(each, text);
                properties.add(changed);
            } else {
                properties.add(changed == null ? each : dependingOn(changed, each));
            }
        }
        if (changed == null) {
            throw new IllegalArgumentException("no property " + property);
        }
        return new Mutant(original, new Model(model.type(), model.abi(), properties, model.state()), changes, node);
    }

    private static <T> Property<T> defaulting(Property<T> property, String text) {
        var defaults = new TreeMap<AbiVersion, T>();
        defaults.put(property.since(), property.type().parse(text));
        return new Property<>(property.name(), property.scope(), property.type(), property.since(), property.before(),
            defaults, property.bit(), property.condition(), property.changeable(), property.meaning());
    }

    /** A property whose condition is about a property that was changed depends on the changed one. */
    private static <T> Property<T> dependingOn(Property<?> changed, Property<T> property) {
        var condition = property.condition().filter(on -> on.property().name().equals(changed.name()));
        return condition.isEmpty() ? property : new Property<>(property.name(), property.scope(), property.type(),
            property.since(), property.before(), property.defaults(), property.bit(),
            Optional.of(condition(changed, condition.get().value())), property.changeable(), property.meaning());
    }

    private static <U> Property.Condition<U> condition(Property<U> on, Object value) {
        return new Property.Condition<>(on, on.type().check(value));
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public String slot() {
        return original.slot();
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new Changed<>(original.create(new Context(context)));
    }

    private final class Changed<S extends Record> implements Device<S> {
        private final Device<S> device;

        Changed(Device<S> device) {
            this.device = device;
        }

        private List<Plant> at(long offset, int size) {
            return changes.stream().filter(change -> change.at.equals(new Access(offset, size))).toList();
        }

        @Override
        public long read(long offset, int size) {
            long value = device.read(offset, size);
            for (Plant change : at(offset, size)) {
                value = change.read == null ? value : change.read.applyAsLong(value);
                if (change.effect != null) {
                    change.effect.accept(device);
                }
            }
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            long written = value;
            for (Plant change : at(offset, size)) {
                written = change.written == null ? written : change.written.applyAsLong(written);
            }
            device.write(offset, size, written);
        }

        @Override
        public long registerBytes() {
            return device.registerBytes();
        }

        @Override
        public DeviceNode node() {
            return node.apply(device.node());
        }

        @Override
        public List<Reason> obstacles() {
            return device.obstacles();
        }

        @Override
        public Optional<List<Resource>> claims() {
            return device.claims();
        }

        @Override
        public void attach() {
            device.attach();
        }

        @Override
        public void detach() {
            device.detach();
        }

        @Override
        public void handOver() {
            device.handOver();
        }

        @Override
        public Callable<List<ContentIdentity>> contents() {
            return device.contents();
        }

        @Override
        public Connections passOn() {
            return device.passOn();
        }

        @Override
        public void attach(Connections passedOn) {
            device.attach(passedOn);
        }

        @Override
        public void reset() {
            device.reset();
        }

        @Override
        public void start() {
            device.start();
        }

        @Override
        public void quiesce() {
            device.quiesce();
        }

        @Override
        public Runnable change(Property<?> property, Object value) {
            return device.change(original.model().property(property.name()).orElseThrow(), value);
        }

        @Override
        public Set<String> acknowledged() {
            return device.acknowledged();
        }

        @Override
        public S state() {
            return device.state();
        }

        @Override
        public void restore(S state) {
            device.restore(state);
        }
    }

    /** The device asks for its own properties and gets the values of the mutant's. */
    private final class Context implements DeviceContext {
        private final DeviceContext context;

        Context(DeviceContext context) {
            this.context = context;
        }

        @SuppressWarnings("unchecked")
        private <T> Property<T> changed(Property<T> property) {
            return (Property<T>) model.property(property.name()).orElseThrow();
        }

        @Override
        public <T> T get(Property<T> property) {
            return context.get(changed(property));
        }

        @Override
        public <T> void lock(Property<T> property, T value) {
            context.lock(changed(property), value);
        }

        @Override
        public <T> void settle(Property<T> property, T value) {
            context.settle(changed(property), value);
        }

        @Override
        public String path() {
            return context.path();
        }

        @Override
        public AbiVersion abi() {
            return context.abi();
        }

        @Override
        public GuestMemory memory() {
            return context.memory();
        }

        @Override
        public HostMemoryAccount hostMemory() {
            return context.hostMemory();
        }

        @Override
        public InterruptLine interrupt() {
            return context.interrupt();
        }

        @Override
        public GuestClock clock() {
            return context.clock();
        }

        @Override
        public long timebase() {
            return context.timebase();
        }

        @Override
        public GuestClock.Timer timer(Runnable action) {
            return context.timer(action);
        }

        @Override
        public void submit(BlockingIo io, Consumer<Exception> completion) {
            context.submit(io, completion);
        }

        @Override
        public void ioFailed(IoError error) {
            context.ioFailed(error);
        }

        @Override
        public void background(BlockingIo io) {
            context.background(io);
        }

        @Override
        public void serialized(Runnable action) {
            context.serialized(action);
        }
    }
}
