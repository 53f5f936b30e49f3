package org.sterna.machine.internal;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.sterna.machine.IoError;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.time.GuestClock;

/**
 * One implementation of a device for its slot on the board: it serializes all calls of the device and gives it what it
 * needs. Until it is {@link #connect connected}, and after it has been {@link #disconnect disconnected}, nothing that it
 * does on its own reaches the machine.
 */
final class DeviceSlot implements Occupant, DeviceContext, MmioHandler, ModelPart.Access {
    private final String path;
    private final Installed<DeviceFactory> installed;
    private final Configuration configuration;
    private final int number;
    private final Board.Slot slot;
    private final SlotLine line;
    private final GuestMemory memory;
    private final HostMemoryBudget hostMemory;
    private final GuestClock clock;
    private final long timebase;
    private final BiConsumer<String, Throwable> onFault;
    private final Consumer<IoError> onIoError;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition started = lock.newCondition();
    private final InFlight inFlight = new InFlight();
    private final BackgroundReaders readers;
    /** Those that the device still has. */
    private final Set<GuestClock.Timer> timers = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    private final Device<?> device;
    /** Whether the device is being attached, and may lock what it reads off the host. */
    private boolean attaching;
    /** Whether the outside may reach the device: from start to quiesce. */
    private boolean open;
    /** Whether it has ever begun any I/O. */
    private volatile boolean begun;

    DeviceSlot(String path, Blueprint.DeviceBlueprint blueprint, Board.Slot slot, GuestMemory memory,
            HostMemoryBudget hostMemory, GuestClock clock, long timebase, BiConsumer<String, Throwable> onFault,
            Consumer<IoError> onIoError) {
        this.path = path;
        this.installed = blueprint.installed();
        this.configuration = blueprint.configuration();
        this.number = blueprint.slot();
        this.slot = slot;
        this.line = new SlotLine(slot.interrupt());
        this.memory = memory;
        this.hostMemory = hostMemory;
        this.clock = clock;
        this.timebase = timebase;
        this.onFault = onFault;
        this.onIoError = onIoError;
        this.readers = new BackgroundReaders(path, this::fault);
        this.device = installed.factory().create(this);
    }

    Installed<DeviceFactory> installed() {
        return installed;
    }

    Configuration configuration() {
        return configuration;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public String implementation() {
        return installed.model().type() + " " + installed.version();
    }

    @Override
    public PartAbi abiPart() {
        return configuration.part(number);
    }

    @Override
    public Map<String, Object> host() {
        return configuration.host();
    }

    @Override
    public boolean hasHostProperty(String name) {
        return installed.model().property(name).filter(property -> property.scope() == Property.Scope.HOST).isPresent();
    }

    /** From now on it is the device that the machine has. */
    void connect() {
        line.connect();
    }

    /** It is not that device any more. */
    void disconnect() {
        line.disconnect();
    }

    /** Whether it has ever begun any I/O, so that the guest may have seen something of it. */
    boolean hasBegun() {
        return begun;
    }

    /** Forgets what could still call it. */
    void retire() {
        disconnect();
        List.copyOf(timers).forEach(GuestClock.Timer::cancel);
        readers.end();
    }

    /** Has all its classes there before the guest waits for them. */
    void load() {
        BundleClasses.load(installed.factory().getClass());
    }

    /** Has it give back what it holds, even if it hangs in another call; in that case nothing stays open. */
    Connections letGo() {
        if (!lock.tryLock()) {
            device.detach();
            return Connections.NONE;
        }
        try {
            return passedOn();
        } catch (RuntimeException | Error e) {
            device.detach();
            return Connections.NONE;
        } finally {
            lock.unlock();
        }
    }

    /** A device that has nothing to pass on may not know better than to say null. */
    private Connections passedOn() {
        return Objects.requireNonNullElse(device.passOn(), Connections.NONE);
    }

    Board.Placed placed() {
        return new Board.Placed(path, slot, device.node());
    }

    @Override
    public Board.Slot slot() {
        return slot;
    }

    @Override
    public long registerBytes() {
        return device.registerBytes();
    }

    @Override
    public Part part(Set<String> after) {
        return ModelPart.of(path, installed, device, after, device::acknowledged, this);
    }

    List<Reason> obstacles() {
        return call(device::obstacles);
    }

    List<Resource> claims() {
        return call(device::claims).orElseGet(() -> Claims.guessed(path, configuration.host()));
    }

    void attach() {
        attach(device::attach);
    }

    /** With what its predecessor has passed on. */
    void attach(Connections passedOn) {
        attach(() -> device.attach(passedOn));
    }

    private void attach(Runnable attachment) {
        call(() -> {
            attaching = true;
            boolean attached = false;
            try {
                attachment.run();
                attached = true;
            } finally {
                attaching = false;
                if (!attached) {
                    readers.end();
                }
            }
            return null;
        });
    }

    /** Changes a guest property by the operator's word. */
    void change(String name, String text) {
        var model = installed.model();
        Property<?> property = model.property(name).orElseThrow(() -> MachineException.usage(path, name,
            "no such property of " + model.type(), Nearest.remedy(name, model.properties().stream().map(Property::name).toList())));
        if (!property.changeable()) {
            var changeable = model.properties().stream().filter(Property::changeable).map(Property::name).toList();
            throw MachineException.usage(path, name, "it is fixed when the machine is created", changeable.isEmpty()
                ? "nothing of " + model.type() + " can be changed later"
                : "what can be changed later is " + String.join(", ", changeable));
        }
        Object value;
        try {
            value = property.type().parse(text);
        } catch (IllegalArgumentException e) {
            throw MachineException.usage(path, name, e.getMessage(), "");
        }
        call(() -> {
            Runnable show = device.change(property, value);
            configuration.change(property, value);
            show.run();
            return null;
        });
    }

    void detach() {
        readers.end();
        call(() -> {
            device.detach();
            return null;
        });
    }

    /** Gives back what its successor needs, and what is to stay open. */
    Connections passOn() {
        readers.end();
        return call(this::passedOn);
    }

    void reset() {
        call(() -> {
            device.reset();
            return null;
        });
    }

    void start() {
        call(() -> {
            open = true;
            device.start();
            started.signalAll();
            return null;
        });
    }

    /** Waits for I/O in flight until a deadline; false if there still is some. */
    boolean drain(long deadline) {
        return inFlight.drain(deadline);
    }

    /** After {@link #drain}. */
    void quiesce() {
        call(() -> {
            open = false;
            device.quiesce();
            return null;
        });
    }

    @Override
    public <T, X extends Exception> T call(Body<T, X> body) throws X {
        lock.lock();
        try {
            return body.run();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long read(long offset, int size) {
        lock.lock();
        try {
            return device.read(offset, size);
        } catch (RuntimeException | Error e) {
            fault(e);
            return 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        lock.lock();
        try {
            device.write(offset, size, value);
        } catch (RuntimeException | Error e) {
            fault(e);
        } finally {
            lock.unlock();
        }
    }

    /** What a device does that is not in its place must not end the guest. */
    private void fault(Throwable fault) {
        if (line.connected()) {
            onFault.accept(path, fault);
        }
    }

    private void guarded(Runnable action) {
        lock.lock();
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            fault(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String path() {
        return path;
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
        if (!attaching || !lock.isHeldByCurrentThread()) {
            throw new IllegalStateException(path + " may lock " + property.name() + " only while it is attached");
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
        return hostMemory.device(path);
    }

    @Override
    public InterruptLine interrupt() {
        return line;
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public long timebase() {
        return timebase;
    }

    @Override
    public GuestClock.Timer timer(Runnable action) {
        var timer = clock.timer(() -> guarded(action));
        timers.add(timer);
        return timer;
    }

    @Override
    public void submit(BlockingIo io, Consumer<Exception> completion) {
        begun = true;
        inFlight.begin();
        Thread.ofVirtual().name(path).start(() -> {
            try {
                Exception failure = run(io);
                guarded(() -> completion.accept(failure));
            } catch (Error e) {
                // The request can never be completed, so the guest must not wait for it in silence.
                fault(e);
            } finally {
                inFlight.end();
            }
        });
    }

    private static Exception run(BlockingIo io) {
        try {
            io.run();
            return null;
        } catch (Exception e) {
            return e;
        }
    }

    @Override
    public void background(BlockingIo io) {
        readers.start(io);
    }

    @Override
    public void ioFailed(IoError error) {
        onIoError.accept(error);
    }

    /** The outside has to wait while the machine is paused: a state that has been taken must not change. */
    @Override
    public void serialized(Runnable action) {
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            while (!open) {
                started.await();
            }
            if (readers.hasEnded()) {
                // What it has received is from before the device was detached.
                Thread.currentThread().interrupt();
                return;
            }
            guarded(action);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
