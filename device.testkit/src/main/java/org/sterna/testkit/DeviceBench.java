package org.sterna.testkit;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.sterna.machine.IoError;
import org.sterna.machine.Replacement;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;
import org.sterna.machine.time.GuestClock;

/**
 * One device on a bench: real guest memory, a real clock, and a test that plays the guest. Calls of the device are
 * serialized as in a machine. A test reads and writes registers with {@link #read} and {@link #write}, looks at
 * {@link #interruptLevel}, and waits for asynchronous effects with {@link #await}.
 */
public final class DeviceBench implements AutoCloseable {
    /** Where the bench's guest memory starts. */
    public static final long MEMORY_BASE = 0x8000_0000L;
    /** The frequency of the time counter in Hz. */
    public static final long TIMEBASE = 10_000_000;
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    private final GuestMemory memory;
    private final GuestClock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Throwable> faults = new CopyOnWriteArrayList<>();
    private final List<IoError> ioErrors = new CopyOnWriteArrayList<>();
    /** Those that have not ended, of the device and of those before it. */
    private final List<Reader> readers = new CopyOnWriteArrayList<>();
    private Seat seat;
    private boolean interruptLevel;
    private int interruptEdges;
    private int inFlight;
    private boolean ioHeld;
    private Runnable beforeAccess = () -> { };
    private volatile long hostMemoryLimit = 32 << 20;
    private final HostMemoryAccount hostMemory = new HostMemoryAccount(() -> hostMemoryLimit);

    /**
     * A bench with a device under the newest ABI version of its model, attached, reset and started.
     *
     * @param factory    the device's factory
     * @param properties the text of each property that is given, as on a command line
     */
    public DeviceBench(DeviceFactory factory, Map<String, String> properties) {
        this(factory, factory.model().abi(), properties, new GuestClock(), 16 << 20);
        attach();
        seat.device.reset();
        start();
    }

    /**
     * A bench with a device that has only been created.
     *
     * @param memoryBytes the size of guest memory
     */
    public DeviceBench(DeviceFactory factory, AbiVersion abi, Map<String, String> properties, GuestClock clock,
            long memoryBytes) {
        this(factory, Configuration.ofUser(factory.model(), abi, known(factory.model(), properties),
            (property, complaint) -> {
                throw new IllegalArgumentException(property.name() + ": " + complaint);
            }), clock, memoryBytes);
    }

    private DeviceBench(DeviceFactory factory, Configuration configuration, GuestClock clock, long memoryBytes) {
        this.clock = clock;
        this.memory = new GuestMemory(MEMORY_BASE, memoryBytes);
        try {
            this.seat = new Seat(factory, configuration);
        } catch (RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    private static Map<String, String> known(Model model, Map<String, String> properties) {
        properties.keySet().forEach(name -> property(model, name));
        return properties;
    }

    private static Property<?> property(Model model, String name) {
        return model.property(name).orElseThrow(() -> new IllegalArgumentException("no property " + name));
    }

    /**
     * Migrates a device to a new bench: its guest ABI and state, guest memory and the host resources that both name.
     * The source is paused and detached, the new device runs.
     *
     * @param source         where the device is; the bench stays open
     * @param factory        what makes the new device, of the same or another version
     * @param hostProperties the text of host properties, which do not travel
     * @throws StateException if the state does not fit
     */
    public static DeviceBench migrate(DeviceBench source, DeviceFactory factory, Map<String, String> hostProperties)
            throws StateException {
        source.pause();
        var host = new HashMap<String, Object>();
        hostProperties.forEach((name, text) -> host.put(name, property(factory.model(), name).type().parse(text)));
        var target = new DeviceBench(factory, Configuration.ofPart(factory.model(), source.abi(), host), new GuestClock(),
            source.memory.size());
        target.memory.segment().copyFrom(source.memory.segment());
        byte[] state = source.save();
        source.detach();
        target.attach();
        target.load(state);
        target.start();
        return target;
    }

    /**
     * Puts another implementation into the place of the device, as a hot swap does: the guest ABI, guest memory, time and those
     * host properties that both know stay. Nothing is taken back if it fails.
     *
     * @param successor what makes the new device, of the same or another version
     * @param crossing  what the state goes through
     * @throws StateException                       if the state does not fit
     * @throws org.sterna.machine.MachineException if the crossing refuses, or the new device cannot have what the old one had
     * @throws AssertionError                       if the new device does not drive the interrupt line as the old one did
     * @since 1.1
     */
    public void swap(DeviceFactory successor, Replacement.Crossing crossing) throws StateException {
        pause();
        lock.lock();
        try {
            boolean level = interruptLevel;
            int edges = interruptEdges;
            Seat old = seat;
            var state = crossing.cross(stateTree());
            old.endReaders();
            Connections open = old.device.passOn();
            old.leave();
            interruptLevel = false;
            seat = new Seat(successor,
                Configuration.ofPart(successor.model(), old.configuration.part(0), old.configuration.host()));
            attach(open);
            restore(state);
            crossing.check(stateTree());
            interruptEdges = edges;
            if (interruptLevel != level) {
                throw new AssertionError("the interrupt line was " + (level ? "high" : "low")
                    + ", and after the restore it is not");
            }
        } finally {
            lock.unlock();
        }
        start();
    }

    /**
     * Puts a new device of the same factory, as after power-on, into the place of the device, which must be {@linkplain #pause
     * paused}.
     */
    public void renew() {
        lock.lock();
        try {
            Seat old = seat;
            old.endReaders();
            old.device.detach();
            old.leave();
            interruptLevel = false;
            seat = new Seat(old.factory, Configuration.ofPart(old.model(), old.configuration.part(0), old.configuration.host()));
            attach();
            seat.device.reset();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has the device take its host resources; only meanwhile may it {@linkplain DeviceContext#lock lock} what it reads off them.
     */
    public void attach() {
        attach(Device::attach);
    }

    /**
     * Has the device go on with what a predecessor in this process has passed on.
     *
     * @since 1.1
     */
    public void attach(Connections passedOn) {
        attach(device -> device.attach(passedOn));
    }

    private void attach(Consumer<Device<?>> attachment) {
        call(d -> {
            seat.attaching = true;
            try {
                attachment.accept(d);
            } finally {
                seat.attaching = false;
            }
            return null;
        });
    }

    /**
     * Has something happen before each register access of the guest from now on, on the thread that makes it; so a test can
     * stop the guest between any two, but for those that are made while it {@linkplain #await awaits} something.
     */
    public void beforeAccess(Runnable happens) {
        beforeAccess = happens;
    }

    /**
     * Waits for the background readers to end that have been told to, because their device was detached or replaced.
     *
     * @param patience how long to wait for all of them
     * @throws AssertionError if one goes on
     * @since 1.1
     */
    public void awaitEndOfReaders(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        for (Reader reader : readers) {
            try {
                if (reader.told && !reader.thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
                    throw new AssertionError("a background reader has not ended " + patience.toSeconds()
                        + " seconds after it was interrupted and its device detached; it is in "
                        + Arrays.stream(reader.thread.getStackTrace()).limit(5).map(Object::toString)
                            .collect(Collectors.joining(", ")));
                }
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while waiting for a background reader", e);
            }
        }
    }

    /**
     * What the device has thrown where nobody was there to catch it: out of a timer, a completion, a background reader's
     * delivery, or the reader itself before it was told to end. In a machine each would be the end of its guest.
     */
    public List<Throwable> faults() {
        return List.copyOf(faults);
    }

    /**
     * The requests that the device said could not be carried out. The bench does not pause by itself for one that asks for it: a test
     * calls {@link #pause} and {@link #start}.
     *
     * @since 1.1
     */
    public List<IoError> ioErrors() {
        return List.copyOf(ioErrors);
    }

    /**
     * Changes a guest property by the operator's word, as {@link org.sterna.machine.Machine#change} does.
     *
     * @throws org.sterna.machine.MachineException if the device refuses the value
     */
    public void change(String name, String text) {
        Property<?> property = property(seat.model(), name);
        Object value = property.type().parse(text);
        serialized(() -> {
            Runnable show = seat.device.change(property, value);
            seat.configuration.change(property, value);
            show.run();
        });
    }

    /** The device's guest ABI. */
    public PartAbi abi() {
        return seat.configuration.part(0);
    }

    /**
     * The device's host properties as they are now, by name.
     *
     * @since 1.1
     */
    public Map<String, Object> host() {
        return seat.configuration.host();
    }

    /** The device. Its methods are called inside {@link #call}, or by the shorthands below. */
    public Device<?> device() {
        return seat.device;
    }

    /** The device's guest memory. */
    public GuestMemory memory() {
        return memory;
    }

    /** The device's clock. */
    public GuestClock clock() {
        return clock;
    }

    /** Calls the device, serialized with everything else that does. */
    public <T> T call(Function<Device<?>, T> call) {
        lock.lock();
        try {
            return call.apply(seat.device);
        } finally {
            lock.unlock();
        }
    }

    /** Runs something that calls the device, serialized with everything else that does. */
    public void serialized(Runnable action) {
        lock.lock();
        try {
            action.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whoever {@linkplain #await awaits} something looks at the device with everything locked, and cannot be stopped there. */
    private void aboutToAccess() {
        if (!lock.isHeldByCurrentThread()) {
            beforeAccess.run();
        }
    }

    /** A load by the guest. */
    public long read(long offset, int size) {
        aboutToAccess();
        return call(d -> d.read(offset, size));
    }

    /** A store by the guest. */
    public void write(long offset, int size, long value) {
        aboutToAccess();
        call(d -> {
            d.write(offset, size, value);
            return null;
        });
    }

    /** The level of the interrupt line. */
    public boolean interruptLevel() {
        return call(d -> interruptLevel);
    }

    /** How often the interrupt line has risen. */
    public int interruptEdges() {
        return call(d -> interruptEdges);
    }

    /**
     * The account of what the device holds of the host's memory because of its guest.
     *
     * @since 1.1
     */
    public HostMemoryAccount hostMemory() {
        return hostMemory;
    }

    /**
     * Changes the limit of that account, which is 32 MiB.
     *
     * @param bytes not negative
     * @since 1.1
     */
    public void limitHostMemory(long bytes) {
        hostMemoryLimit = bytes;
    }

    /** How many pieces of I/O the device has submitted that are not completed. */
    public int inFlight() {
        return call(d -> inFlight);
    }

    /** Keeps I/O that the device submits from now on from starting, until {@link #releaseIo}. */
    public void holdIo() {
        call(d -> ioHeld = true);
    }

    /** Lets I/O go on. */
    public void releaseIo() {
        lock.lock();
        try {
            ioHeld = false;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for something that the device does by itself.
     *
     * @throws AssertionError if it has not come true after ten seconds
     */
    public void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError("waited in vain for " + what);
                }
                // What the condition looks at may be outside the device, so it is looked at again now and then.
                changed.awaitNanos(Math.min(left, 1_000_000));
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while waiting for " + what, e);
        } finally {
            lock.unlock();
        }
    }

    /** Lets the guest run. */
    public void start() {
        clock.start();
        call(d -> {
            d.start();
            return null;
        });
    }

    /** Pauses as a machine does: no more guest accesses, time stopped, all I/O drained, quiesced. */
    public void pause() {
        clock.stop();
        await("I/O in flight", () -> inFlight == 0);
        call(d -> {
            d.quiesce();
            return null;
        });
    }

    /** The state of the device in its canonical encoding. */
    public byte[] save() {
        return Cbor.encode(stateTree());
    }

    /**
     * The state of the device as a tree.
     */
    public SortedMap<Long, Object> stateTree() {
        return call(d -> tree(seat.model().state(), d.state()));
    }

    /**
     * Restores a state that {@link #save} gave on a bench of the same or another version of the device.
     *
     * @throws StateException if it does not fit
     */
    public void load(byte[] state) throws StateException {
        var tree = new TreeMap<Long, Object>();
        try {
            ((Map<?, ?>) Cbor.decode(state)).forEach((id, value) -> tree.put((Long) id, value));
        } catch (CborException e) {
            throw new IllegalArgumentException(e);
        }
        restore(tree);
    }

    private void restore(SortedMap<Long, Object> tree) throws StateException {
        lock.lock();
        try {
            restore(seat.device, seat.model().state().fromTree(tree));
        } catch (IllegalArgumentException e) {
            // What a device refuses by itself, as in a machine.
            throw new StateException("", e.getMessage());
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("unchecked")
    private static <S extends Record> SortedMap<Long, Object> tree(StateType<S> type, Record state) {
        return type.toTree((S) state);
    }

    @SuppressWarnings("unchecked")
    private static <S extends Record> void restore(Device<S> device, Record state) {
        device.restore((S) state);
    }

    /** The factory that made the device. */
    public DeviceFactory factory() {
        return seat.factory;
    }

    /** Detaches the device and frees memory and clock. */
    @Override
    public void close() {
        clock.close();
        releaseIo();
        await("I/O in flight", () -> inFlight == 0);
        detach();
        seat.leave();
        memory.close();
    }

    private void detach() {
        seat.endReaders();
        call(d -> {
            d.detach();
            return null;
        });
    }

    /** The place of one device; one that has been replaced is still there, but nothing that it does comes through. */
    private final class Seat implements DeviceContext {
        private final DeviceFactory factory;
        private final Configuration configuration;
        private final Device<?> device;
        private boolean attaching;
        private volatile boolean left;

        Seat(DeviceFactory factory, Configuration configuration) {
            this.factory = factory;
            this.configuration = configuration;
            this.device = factory.create(this);
        }

        private Model model() {
            return configuration.model();
        }

        private void leave() {
            left = true;
            endReaders();
        }

        private void endReaders() {
            readers.stream().filter(reader -> reader.seat == this).forEach(Reader::end);
        }

        private void guarded(Runnable action) {
            if (left) {
                return;
            }
            try {
                DeviceBench.this.serialized(action);
            } catch (RuntimeException | Error e) {
                faults.add(e);
            }
        }

        @Override
        public String path() {
            return "/" + model().type() + "@0";
        }

        @Override
        public AbiVersion abi() {
            return configuration.abi();
        }

        @Override
        public <T> T get(Property<T> property) {
            return configuration.get(property);
        }

        @Override
        public <T> void lock(Property<T> property, T value) {
            if (!attaching) {
                throw new IllegalStateException(property.name() + " can be locked only in attach");
            }
            configuration.lock(property, value);
        }

        @Override
        public <T> void settle(Property<T> property, T value) {
            configuration.settle(property, value);
        }

        @Override
        public GuestMemory memory() {
            return memory;
        }

        @Override
        public HostMemoryAccount hostMemory() {
            return hostMemory;
        }

        @Override
        public InterruptLine interrupt() {
            return high -> DeviceBench.this.serialized(() -> {
                if (left) {
                    return;
                }
                if (high && !interruptLevel) {
                    interruptEdges++;
                }
                interruptLevel = high;
            });
        }

        @Override
        public GuestClock clock() {
            return clock;
        }

        @Override
        public long timebase() {
            return TIMEBASE;
        }

        @Override
        public GuestClock.Timer timer(Runnable action) {
            return clock.timer(() -> guarded(action));
        }

        @Override
        public void submit(BlockingIo io, Consumer<Exception> completion) {
            lock.lock();
            inFlight++;
            lock.unlock();
            Thread.startVirtualThread(() -> {
                Exception failure = null;
                try {
                    awaitRelease();
                    io.run();
                } catch (Exception e) {
                    failure = e;
                }
                Exception result = failure;
                guarded(() -> {
                    try {
                        completion.accept(result);
                    } finally {
                        inFlight--;
                    }
                });
            });
        }

        private void awaitRelease() throws InterruptedException {
            lock.lock();
            try {
                while (ioHeld) {
                    changed.await();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void ioFailed(IoError error) {
            ioErrors.add(error);
        }

        @Override
        public void background(BlockingIo io) {
            var reader = new Reader(this, io);
            readers.add(reader);
            reader.thread.start();
        }

        @Override
        public void serialized(Runnable action) {
            if (readers.stream().noneMatch(reader -> reader.told && reader.thread == Thread.currentThread())) {
                guarded(action);
            } else {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What waits for the outside on behalf of a device. After it has been told to end, it may throw what it likes. */
    private final class Reader implements Runnable {
        private final Seat seat;
        private final DeviceContext.BlockingIo io;
        private final Thread thread;
        private volatile boolean told;

        Reader(Seat seat, DeviceContext.BlockingIo io) {
            this.seat = seat;
            this.io = io;
            this.thread = Thread.ofPlatform().daemon().name(seat.path() + " background").unstarted(this);
        }

        private void end() {
            told = true;
            thread.interrupt();
        }

        @Override
        public void run() {
            try {
                io.run();
            } catch (Throwable e) {
                if (!told) {
                    faults.add(e);
                }
            } finally {
                readers.remove(this);
            }
        }
    }
}
