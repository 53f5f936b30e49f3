package org.sterna.machine.internal;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.time.GuestClock;

/** One device in its slot on the board: it serializes all calls of the device and gives it what it needs. */
final class DeviceSlot implements DeviceContext, MmioHandler, ModelPart.Access {
    private final String path;
    private final Installed<DeviceFactory> installed;
    private final Configuration configuration;
    private final Board.Slot slot;
    private final GuestMemory memory;
    private final GuestClock clock;
    private final long timebase;
    private final BiConsumer<String, Throwable> onFault;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition started = lock.newCondition();
    private final InFlight inFlight = new InFlight();
    private final Set<Thread> background = ConcurrentHashMap.newKeySet();
    private final Device<?> device;
    /** Whether the device is being attached, and may lock what it reads off the host. */
    private boolean attaching;
    /** Whether the outside may reach the device: from start to quiesce. */
    private boolean open;

    DeviceSlot(String path, Installed<DeviceFactory> installed, Configuration configuration, Board.Slot slot,
            GuestMemory memory, GuestClock clock, long timebase, BiConsumer<String, Throwable> onFault) {
        this.path = path;
        this.installed = installed;
        this.configuration = configuration;
        this.slot = slot;
        this.memory = memory;
        this.clock = clock;
        this.timebase = timebase;
        this.onFault = onFault;
        this.device = installed.factory().create(this);
    }

    Configuration configuration() {
        return configuration;
    }

    Board.Placed placed() {
        return new Board.Placed(path, slot, device.node());
    }

    Board.Slot slot() {
        return slot;
    }

    long registerBytes() {
        return device.registerBytes();
    }

    Part part(Set<String> after) {
        return ModelPart.of(path, installed, device, after, device::acknowledged, this);
    }

    List<Reason> obstacles() {
        return call(device::obstacles);
    }

    void attach() {
        call(() -> {
            attaching = true;
            try {
                device.attach();
            } finally {
                attaching = false;
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
        background.forEach(Thread::interrupt);
        background.clear();
        call(() -> {
            device.detach();
            return null;
        });
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
            onFault.accept(path, e);
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
            onFault.accept(path, e);
        } finally {
            lock.unlock();
        }
    }

    private void guarded(Runnable action) {
        lock.lock();
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            onFault.accept(path, e);
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
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public InterruptLine interrupt() {
        return slot.interrupt();
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
        return clock.timer(() -> guarded(action));
    }

    @Override
    public void submit(BlockingIo io, Consumer<Exception> completion) {
        inFlight.begin();
        Thread.ofVirtual().name(path).start(() -> {
            try {
                Exception failure = run(io);
                guarded(() -> completion.accept(failure));
            } catch (Error e) {
                // The request can never be completed, so the guest must not wait for it in silence.
                onFault.accept(path, e);
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
        Thread thread = Thread.ofVirtual().name(path + " background").unstarted(() -> {
            try {
                io.run();
            } catch (InterruptedException e) {
                // The device has been detached.
            } catch (Exception | Error e) {
                onFault.accept(path, e);
            } finally {
                background.remove(Thread.currentThread());
            }
        });
        background.add(thread);
        thread.start();
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
            guarded(action);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
