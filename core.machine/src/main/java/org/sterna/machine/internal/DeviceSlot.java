package org.sterna.machine.internal;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.sterna.machine.ContentIdentity;
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
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.state.StateException;
import org.sterna.machine.time.GuestClock;

/**
 * One implementation of a device for its slot on the board: it serializes all calls of the device, waits for none without a limit,
 * and gives it what it needs. Until it is {@link #connect connected}, and after it has been {@link #disconnect disconnected}, nothing
 * that it does on its own reaches the machine.
 */
final class DeviceSlot implements Occupant, DeviceContext, MmioHandler {
    private final String path;
    private final Installed<DeviceFactory> installed;
    private final Configuration configuration;
    private final int number;
    private final Board.Slot slot;
    private final SlotLine line;
    private final DeviceHost host;
    private final Plugin plugin;
    private final DeviceCalls calls;
    private final BackgroundReaders readers;
    private final InFlight inFlight = new InFlight();
    private final IoThreads.Lane lane;
    private final SlotTimers timers;
    private final Device<?> device;
    /** Without its guard, for what the guest does all the time. */
    private final MmioHandler registers;
    private final long registerBytes;
    /** Whether the device is being attached, and may lock what it reads off the host. */
    private boolean attaching;
    /** Whether it has its host resources. Under the lock. */
    private boolean attached;
    /** It was to be detached while a call of it hung; whoever attaches it again does without. */
    private volatile boolean detachOwed;
    /** What it has passed on when nobody waited for it any more. Under the lock. */
    private Connections passedOnLate = Connections.NONE;
    /** Whether the outside may reach the device: from start to quiesce. */
    private boolean open;
    /** Whether it has ever begun any I/O. */
    private volatile boolean begun;
    /** Since when I/O has not returned, if that is so for a long time. */
    private volatile Instant stalledSince;
    /** Whether it takes nothing that somebody else could want. */
    private volatile boolean claimsNothing;

    DeviceSlot(String path, Blueprint.DeviceBlueprint blueprint, Board.Slot slot, DeviceHost host) {
        this.path = path;
        this.installed = blueprint.installed();
        this.configuration = blueprint.configuration();
        this.number = blueprint.slot();
        this.slot = slot;
        this.line = new SlotLine(slot.interrupt());
        this.timers = new SlotTimers(host.clock());
        this.host = host;
        this.plugin = Plugin.of(path, installed);
        this.calls = new DeviceCalls(plugin, () -> host.onReturned().accept(this));
        this.readers = new BackgroundReaders(path, thrown -> fault("a reader of background()", thrown));
        this.lane = host.io().lane(this::stall);
        var made = calls.call("create()", host.limits().step(), () -> {
            Device<?> created = installed.guarded(DeviceFactory.class, path).create(this);
            Device<?> guarded = plugin.guard(Device.class, created);
            return new Made(created, guarded, guarded.registerBytes());
        }, late -> { });
        this.registers = made.registers();
        this.device = made.device();
        this.registerBytes = made.registerBytes();
    }

    private record Made(MmioHandler registers, Device<?> device, long registerBytes) {
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
        timers.connect();
    }

    /** It is not that device any more. */
    void disconnect() {
        line.disconnect();
        timers.disconnect();
    }

    /** Whether it has ever begun any I/O, so that the guest may have seen something of it. */
    boolean hasBegun() {
        return begun;
    }

    /** Forgets what could still call it. */
    void retire() {
        disconnect();
        timers.cancel();
        readers.end();
        lane.close();
    }

    /** Has all its classes there before the guest waits for them. */
    void load() {
        BundleClasses.load(installed.factory().getClass());
    }

    Board.Placed placed() {
        return new Board.Placed(path, slot, step("node()", device::node));
    }

    @Override
    public Board.Slot slot() {
        return slot;
    }

    @Override
    public long registerBytes() {
        return registerBytes;
    }

    @Override
    public Part part(Set<String> after) {
        return ModelPart.of(path, installed, device, after,
            () -> calls.call("acknowledged()", host.limits().look(), device::acknowledged, late -> { }), new Within(host.limits().step()));
    }

    /** Touches its state within a limit. */
    private final class Within implements ModelPart.Access {
        private final Duration most;

        Within(Duration most) {
            this.most = most;
        }

        @Override
        public <T, X extends Exception> T call(String where, Body<T, X> body) throws X {
            stalled().ifPresent(reason -> {
                throw new MachineException(MachineException.Kind.FAILED, List.of(reason));
            });
            return calls.call(where, most, body, late -> { });
        }
    }

    /** Its state as a tree, with another limit than for everybody. */
    SortedMap<Long, Object> stateTree(Duration most) {
        return partWithin(most).state();
    }

    /**
     * Restores a state.
     *
     * @return what it holds then
     * @throws StateException if it refuses it
     */
    SortedMap<Long, Object> restoreTree(SortedMap<Long, Object> state, Duration most) throws StateException {
        long deadline = System.nanoTime() + most.toNanos();
        partWithin(most).restore(state);
        return partWithin(Duration.ofNanos(Math.max(1, deadline - System.nanoTime()))).state();
    }

    private Part partWithin(Duration most) {
        return ModelPart.of(path, installed, device, Set.of(), Set::of, new Within(most));
    }

    private <T> T step(String where, ModelPart.Access.Body<T, RuntimeException> body) {
        return calls.call(where, host.limits().step(), body, late -> { });
    }

    private void call(String where, Duration most, Runnable body, Runnable undo) {
        calls.<Void, RuntimeException>call(where, most, () -> {
            body.run();
            return null;
        }, late -> undo.run());
    }

    List<Reason> obstacles() {
        return step("obstacles()", device::obstacles);
    }

    List<Resource> claims() {
        List<Resource> claims = step("claims()", device::claims).orElseGet(() -> Claims.guessed(path, configuration.host()));
        claimsNothing = claims.isEmpty();
        return claims;
    }

    /** Why it cannot be called now, if it cannot. */
    Optional<Reason> overdue() {
        return calls.overdue();
    }

    /** On the thread that looks after the I/O. */
    private void stall(boolean now) {
        stalledSince = now ? Instant.now().minus(host.limits().stall()) : null;
        host.onStall().accept(this);
    }

    /** Why its state is not whole although the guest stands still: I/O does not return, and somebody else could want what it uses. */
    Optional<Reason> stalled() {
        Instant since = stalledSince;
        return since == null || claimsNothing ? Optional.empty() : Optional.of(Reason.of(path, "I/O has not been completed since "
            + DeviceCalls.TIME.format(since), "look at the device's back end; the guest goes on when it answers"));
    }

    /** Waits for a call that was left behind; false if it has not returned by then. */
    boolean awaitReturn(Duration most) {
        return calls.awaitReturn(most);
    }

    /** Does something when no call is overdue any more; at once if none is. It must not block. */
    void whenReturned(Runnable action) {
        calls.whenReturned(action);
    }

    /** The same, but at once too if the device takes nothing that somebody else could want. */
    void whenNothingIsTaken(Runnable action) {
        if (claimsNothing) {
            action.run();
        } else {
            calls.whenReturned(action);
        }
    }

    /** Does something when it does nothing any more that could touch guest memory; at once if it does not. It must not block. */
    void whenQuiet(Runnable action) {
        calls.whenReturned(() -> inFlight.whenNone(action));
    }

    /** What looks at the content of its host resources, on another thread. */
    Callable<List<ContentIdentity>> contents() {
        return step("contents()", device::contents);
    }

    void attach(Duration most) {
        attach(most, device::attach);
    }

    /** With what its predecessor has passed on. */
    void attach(Duration most, Connections passedOn) {
        attach(most, () -> device.attach(passedOn));
    }

    private void attach(Duration most, Runnable attachment) {
        call("attach()", most, () -> {
            attaching = true;
            detachOwed = false;
            try {
                attachment.run();
                attached = true;
            } finally {
                attaching = false;
                if (!attached) {
                    readers.end();
                }
            }
        }, this::detached);
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
        Runnable show = step("change()", () -> device.change(property, value));
        call("the effect of change()", host.limits().step(), () -> {
            configuration.change(property, value);
            try {
                show.run();
            } catch (Throwable e) {
                throw plugin.failure("the effect of change()", e);
            }
        }, () -> { });
    }

    void detach(Duration most) {
        readers.end();
        try {
            call("detach()", most, this::detached, () -> { });
        } catch (MachineException e) {
            if (overdue().isPresent()) {
                detachOwed = true;
                calls.whenReturned(this::detachAtLast);
            }
            throw e;
        }
    }

    /** Detaches a device that hung in another call when it was to be detached, on the thread of that call. */
    private void detachAtLast() {
        calls.lock().lock();
        try {
            if (detachOwed && attached) {
                detached();
            }
        } catch (Throwable e) {
            plugin.failure("detach()", e);
        } finally {
            detachOwed = false;
            calls.lock().unlock();
        }
    }

    private void detached() {
        attached = false;
        readers.end();
        device.detach();
    }

    /** Gives back what its successor needs, and what is to stay open. */
    Connections passOn(Duration most) {
        return passOn(most, late -> passedOnLate = late);
    }

    private Connections passOn(Duration most, Consumer<Connections> late) {
        readers.end();
        return calls.call("passOn()", most, this::passedOn, open -> late.accept(Objects.requireNonNullElse(open, Connections.NONE)));
    }

    /** A device that has nothing to pass on may not know better than to say null. */
    private Connections passedOn() {
        attached = false;
        return Objects.requireNonNullElse(device.passOn(), Connections.NONE);
    }

    /**
     * Takes back what it has given up for a successor that has failed, if it has given it up.
     *
     * @param returned what the successor has given back of the connections
     */
    void takeBack(Connections returned) {
        attach(host.limits().host(), () -> {
            if (attached) {
                return;
            }
            Connections open = passedOnLate == Connections.NONE ? returned : passedOnLate;
            passedOnLate = Connections.NONE;
            device.attach(open);
        });
    }

    /**
     * Has it give back what it holds. One that hangs in another call is detached all the same, beside that call, so that whoever
     * goes on in its place finds its resources free; in that case nothing stays open.
     */
    Connections letGo(Duration most) {
        retire();
        if (calls.overdue().isEmpty()) {
            try {
                return passOn(most, Connections::close);
            } catch (MachineException e) {
                // It has been logged; what it holds it may give back all the same.
            }
        }
        calls.beside("detach()", most, device::detach);
        return Connections.NONE;
    }

    void reset() {
        call("reset()", host.limits().step(), device::reset, () -> { });
    }

    void start() {
        start(host.limits().step());
    }

    void start(Duration most) {
        call("start()", most, () -> {
            open = true;
            device.start();
            calls.changed().signalAll();
        }, this::quiesced);
    }

    /** Waits for I/O in flight until a deadline; false if there still is some. */
    boolean drain(long deadline) {
        return inFlight.drain(deadline);
    }

    /** After {@link #drain}. */
    void quiesce(Duration most) {
        call("quiesce()", most, this::quiesced, () -> { });
    }

    private void quiesced() {
        open = false;
        device.quiesce();
    }

    @Override
    public long read(long offset, int size) {
        calls.lock().lock();
        try {
            return registers.read(offset, size);
        } catch (Throwable e) {
            fault("read()", e);
            return 0;
        } finally {
            calls.lock().unlock();
            holdBack();
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        calls.lock().lock();
        try {
            registers.write(offset, size, value);
        } catch (Throwable e) {
            fault("write()", e);
        } finally {
            calls.lock().unlock();
            holdBack();
        }
    }

    /** A device that submits something for each access would fill the heap at the guest's will. */
    private void holdBack() {
        if (inFlight.isTooMuch()) {
            ProcessorThread.holdBack(() -> !inFlight.isTooMuch());
        }
    }

    /** What a device does that is not in its place must not end the guest. */
    private void fault(String where, Throwable thrown) {
        if (line.connected()) {
            host.onFault().accept(path, plugin.failure(where, thrown));
        }
    }

    private void guarded(String where, Runnable action) {
        calls.lock().lock();
        try {
            action.run();
        } catch (Throwable e) {
            fault(where, e);
        } finally {
            calls.lock().unlock();
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
        if (!attaching || !calls.lock().isHeldByCurrentThread()) {
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
        return host.memory();
    }

    @Override
    public HostMemoryAccount hostMemory() {
        return host.hostMemory().device(path);
    }

    @Override
    public InterruptLine interrupt() {
        return line;
    }

    @Override
    public GuestClock clock() {
        return host.clock();
    }

    @Override
    public long timebase() {
        return host.timebase();
    }

    @Override
    public GuestClock.Timer timer(Runnable action) {
        return timers.timer(() -> guarded("an action of timer()", action));
    }

    @Override
    public void submit(BlockingIo io, Consumer<Exception> completion) {
        begun = true;
        inFlight.begin();
        lane.execute(new Request(io, completion));
    }

    /** One piece of I/O. */
    private final class Request implements IoThreads.Task {
        private final BlockingIo io;
        private final Consumer<Exception> completion;

        Request(BlockingIo io, Consumer<Exception> completion) {
            this.io = io;
            this.completion = completion;
        }

        @Override
        public void run() {
            Exception failure = null;
            try {
                io.run();
            } catch (Exception e) {
                failure = e;
                if (e instanceof IOException && host.memory().unreadable(e).isPresent()) {
                    // It is not the device's back end that has failed, and the guest is not to be told that it has.
                    host.onFault().accept(path, e);
                    inFlight.end();
                    return;
                }
            } catch (Throwable e) {
                // The request can never be completed, so the guest must not wait for it in silence.
                fault("the I/O of submit()", e);
                inFlight.end();
                return;
            }
            complete(failure);
        }

        @Override
        public void fail(IOException why) {
            complete(why);
        }

        private void complete(Exception failure) {
            try {
                guarded("a completion of submit()", () -> completion.accept(failure));
            } finally {
                inFlight.end();
            }
        }
    }

    @Override
    public void background(BlockingIo io) {
        readers.start(io);
    }

    @Override
    public void ioFailed(IoError error) {
        host.onIoError().accept(error);
    }

    /** The outside has to wait while the machine is paused: a state that has been taken must not change. */
    @Override
    public void serialized(Runnable action) {
        try {
            calls.lock().lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            while (!open) {
                calls.changed().await();
            }
            if (readers.hasEnded()) {
                // What it has received is from before the device was detached.
                Thread.currentThread().interrupt();
                return;
            }
            guarded("an action of serialized()", action);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            calls.lock().unlock();
        }
    }
}
