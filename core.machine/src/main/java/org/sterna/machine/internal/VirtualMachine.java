package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.state.StateType;
import org.sterna.machine.state.Stateful;
import org.sterna.machine.time.ClockState;
import org.sterna.machine.time.GuestClock;

/** A machine, wired together from its blueprint. */
final class VirtualMachine implements Machine {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualMachine.class);
    private static final StateType<ClockState> CLOCK_STATE = StateType.of("clock", ClockState.class);
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Blueprint blueprint;
    private final Consumer<VirtualMachine> onClose;
    private final GuestMemory memory;
    private final MmioBus bus = new MmioBus();
    private final GuestClock clock = new GuestClock();
    private final Board<?> board;
    private final List<ProcessorThread> threads = new ArrayList<>();
    private final Map<String, DeviceSlot> devices = new LinkedHashMap<>();
    private final List<Part> parts = new ArrayList<>();
    private final List<Consumer<Phase>> listeners = new CopyOnWriteArrayList<>();
    /** Held through every change of phase. */
    private final ReentrantLock lifecycle = new ReentrantLock();
    private final AtomicReference<Change> wanted = new AtomicReference<>();
    private volatile Phase phase = Phase.CREATED;
    private volatile String why = "";
    private volatile boolean attached;

    /**
     * Wires a machine.
     *
     * @throws MachineException if the board has no slot for a device, or a part refuses its properties
     */
    VirtualMachine(Blueprint blueprint, Consumer<VirtualMachine> onClose) {
        this.blueprint = blueprint;
        this.onClose = onClose;
        BoardFactory boardFactory = blueprint.board().factory();
        this.memory = new GuestMemory(boardFactory.memoryBase(), blueprint.memory());
        boolean built = false;
        try {
            this.board = boardFactory.create(new BoardSide());
            createProcessors();
            createDevices();
            assembleParts();
            memory.dirtyLog().onHarvest(() -> ProcessorThread.atSafePoints(threads, Processor::forgetMarkedPages));
            built = true;
        } finally {
            if (!built) {
                threads.forEach(ProcessorThread::close);
                clock.close();
                memory.close();
            }
        }
    }

    private String boardPath() {
        return "/" + blueprint.board().model().type();
    }

    private void createProcessors() {
        for (int i = 0; i < blueprint.processors(); i++) {
            var control = new ProcessorControl();
            Processor<?> processor = blueprint.processor().factory().create(new ProcessorSide(i, control));
            String path = "/" + blueprint.processor().model().type() + "@" + i;
            threads.add(new ProcessorThread(blueprint.name() + path, processor, control,
                (faulty, fault) -> fault(path, fault)));
        }
        board.connect(threads.stream().<Processor<?>>map(ProcessorThread::processor).toList());
    }

    private void createDevices() {
        for (var device : blueprint.devices().entrySet()) {
            String path = device.getKey();
            var factory = device.getValue().installed();
            String kind = factory.factory().slot();
            Board.Slot slot = board.slot(kind, device.getValue().slot());
            if (slot == null) {
                throw MachineException.usage(path, "", "the board " + blueprint.board().model().type() + " has no "
                    + (board.slotKinds().contains(kind) ? "more slots" : "slot") + " of the kind " + kind,
                    "leave the device out");
            }
            var made = new DeviceSlot(path, factory, device.getValue().configuration(), slot, memory, clock,
                board.timebase(), this::fault);
            if (made.registerBytes() > slot.size()) {
                throw new IllegalStateException(path + " has more registers than its slot has room for");
            }
            bus.map(new MmioBus.Region(path, slot.base(), made.registerBytes(), made));
            devices.put(path, made);
        }
    }

    /** In the order of restoring: time first; the board drives the processors' inputs; devices drive the board's. */
    private void assembleParts() {
        parts.add(new ModelPart<>("/clock", Optional.empty(), coreVersion(), CLOCK_STATE, new Stateful<ClockState>() {
            @Override
            public ClockState state() {
                return clock.state();
            }

            @Override
            public void restore(ClockState state) {
                clock.restore(state);
            }
        }, Set.of(), Set::of, ModelPart.DIRECT));
        for (int i = 0; i < threads.size(); i++) {
            ProcessorThread thread = threads.get(i);
            parts.add(ModelPart.of("/" + blueprint.processor().model().type() + "@" + i, blueprint.processor(),
                thread.processor(), Set.of("/clock"), Set::of, new AtSafePoint(thread)));
        }
        var soFar = parts.stream().map(Part::path).collect(Collectors.toSet());
        parts.add(ModelPart.of(boardPath(), blueprint.board(), board, soFar, Set::of, ModelPart.DIRECT));
        devices.values().forEach(device -> parts.add(device.part(Set.of(boardPath()))));
    }

    private static Version coreVersion() {
        var bundle = FrameworkUtil.getBundle(VirtualMachine.class);
        return bundle == null ? Version.emptyVersion : bundle.getVersion();
    }

    @Override
    public String name() {
        return blueprint.name();
    }

    @Override
    public AbiDocument abi() {
        return blueprint.abi();
    }

    @Override
    public Map<String, Map<String, Object>> hostSettings() {
        var settings = new TreeMap<String, Map<String, Object>>();
        settings.put(boardPath(), blueprint.boardConfiguration().host());
        devices.forEach((path, device) -> settings.put(path, device.configuration().host()));
        return settings;
    }

    @Override
    public Phase phase() {
        return phase;
    }

    @Override
    public String why() {
        return why;
    }

    @Override
    public void explain(String reason) {
        locked(() -> why = reason);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public List<Part> parts() {
        return List.copyOf(parts);
    }

    @Override
    public long instructions() {
        return threads.stream().mapToLong(thread -> thread.processor().instructions()).sum();
    }

    @Override
    public boolean attached() {
        return attached;
    }

    @Override
    public void attach() {
        locked(() -> {
            if (attached) {
                return;
            }
            require(phase == Phase.CREATED || phase == Phase.PAUSED, "attach");
            var done = new ArrayList<DeviceSlot>();
            try {
                for (DeviceSlot device : devices.values()) {
                    device.attach();
                    done.add(device);
                    requireComplete(device);
                }
                attached = true;
            } finally {
                if (!attached) {
                    done.forEach(DeviceSlot::detach);
                }
            }
        });
    }

    /** From now on the guest ABI is fixed, so nothing of it may be left open. */
    private static void requireComplete(DeviceSlot device) {
        var open = device.configuration().open();
        if (!open.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, open.stream().map(property -> new Reason(device.path(),
                property.name(), "it has no default, and the device does not read it off the host",
                "give one in " + property.type().range())).toList());
        }
    }

    @Override
    public void detach() {
        locked(() -> {
            require(phase != Phase.RUNNING, "detach");
            attached = false;
            detachAll();
        });
    }

    @Override
    public void change(String path, String property, String text) {
        locked(() -> {
            require(attached && phase != Phase.CLOSED, "change");
            DeviceSlot device = devices.get(path);
            if (device == null) {
                throw MachineException.usage(path, "", "no such device", Nearest.remedy(path, devices.keySet()));
            }
            device.change(property, text);
        });
    }

    /** Detaches every device, whatever goes wrong with one of them, and then says so. */
    private void detachAll() {
        MachineException failure = null;
        for (DeviceSlot device : devices.values()) {
            try {
                device.detach();
            } catch (MachineException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void boot() {
        locked(() -> {
            require(phase == Phase.CREATED && attached, "boot");
            powerOn();
            enter(Phase.PAUSED, "");
            letRun();
        });
    }

    private void powerOn() {
        ProcessorThread.atSafePoints(threads, Processor::reset);
        devices.values().forEach(DeviceSlot::reset);
        board.boot(devices.values().stream().map(DeviceSlot::placed).toList());
    }

    @Override
    public void restored() {
        locked(() -> {
            require(phase == Phase.CREATED, "restored");
            enter(Phase.PAUSED, "restored");
        });
    }

    @Override
    public void resume() {
        locked(() -> {
            if (phase != Phase.RUNNING) {
                require(phase == Phase.PAUSED && attached, "resume");
                letRun();
            }
        });
    }

    private void letRun() {
        clock.start();
        devices.values().forEach(DeviceSlot::start);
        threads.forEach(ProcessorThread::go);
        enter(Phase.RUNNING, "");
    }

    @Override
    public void pause() {
        locked(() -> {
            if (phase != Phase.RUNNING) {
                return;
            }
            try {
                standStill();
            } catch (MachineException e) {
                letRun();
                throw e;
            }
            if (wanted.get() == null) {
                enter(Phase.PAUSED, "paused by request");
            } else {
                // The guest ended or restarted while it was being stopped; that must not be forgotten.
                makeWantedChange();
                pause();
            }
        });
    }

    /** Stops processors, time and I/O. */
    private void standStill() {
        threads.forEach(ProcessorThread::halt);
        threads.forEach(ProcessorThread::awaitHalt);
        clock.stop();
        long deadline = System.nanoTime() + DRAIN_NANOS;
        drain(deadline);
        devices.values().forEach(DeviceSlot::quiesce);
        // What a device does to quiesce may itself be I/O.
        drain(deadline);
    }

    private void drain(long deadline) {
        devices.forEach((path, device) -> {
            if (!device.drain(deadline)) {
                throw MachineException.failed(path, "", "I/O is still in flight after "
                    + TimeUnit.NANOSECONDS.toSeconds(DRAIN_NANOS) + " seconds", "look at the device's back end");
            }
        });
    }

    /** Something went wrong on a processor's or device's thread: the guest cannot go on, its state is kept. */
    private void fault(String path, Throwable fault) {
        LOG.debug("{} failed", path, fault);
        String reason = path + " failed: " + (fault instanceof RuntimeException ? fault.getMessage() : fault.toString());
        soon(reason, () -> {
            standStill();
            enter(Phase.FAILED, reason);
        });
    }

    /** Ends or restarts the guest on a thread of its own, since processors and devices do not wait; the first wins. */
    private void soon(String what, Runnable action) {
        if (wanted.compareAndSet(null, new Change(what, action))) {
            threads.forEach(ProcessorThread::halt);
            Thread.startVirtualThread(() -> locked(this::makeWantedChange));
        }
    }

    private void makeWantedChange() {
        Change change = wanted.get();
        if (change != null && (phase == Phase.RUNNING || phase == Phase.PAUSED)) {
            try {
                change.action().run();
            } catch (RuntimeException e) {
                enter(Phase.FAILED, change.what() + "; then " + e.getMessage());
            }
            wanted.set(null);
        }
    }

    /**
     * What a processor or a device wants to become of the machine.
     *
     * @param what   what has happened
     * @param action makes the change
     */
    private record Change(String what, Runnable action) {
    }

    @Override
    public AutoCloseable onPhase(Consumer<Phase> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        locked(() -> {
            if (phase == Phase.CLOSED) {
                return;
            }
            memory.dirtyLog().onHarvest(() -> { });
            threads.forEach(ProcessorThread::close);
            clock.stop();
            long deadline = System.nanoTime() + DRAIN_NANOS;
            boolean drained = devices.values().stream().allMatch(device -> device.drain(deadline));
            devices.values().forEach(DeviceSlot::quiesce);
            try {
                detachAll();
            } catch (MachineException e) {
                LOG.warn("{}: {}", name(), e.getMessage());
            }
            clock.close();
            if (drained) {
                memory.close();
            } else {
                LOG.warn("{}: I/O in flight keeps its guest memory from being freed", name());
            }
            onClose.accept(this);
            enter(Phase.CLOSED, why);
        });
    }

    private void enter(Phase next, String reason) {
        phase = next;
        why = reason;
        listeners.forEach(listener -> listener.accept(next));
    }

    private void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException("cannot " + what + " a machine that is " + phase
                + (attached ? "" : ", not attached"));
        }
    }

    private void locked(Runnable change) {
        lifecycle.lock();
        try {
            change.run();
        } finally {
            lifecycle.unlock();
        }
    }

    /** Access to a processor's state. */
    private record AtSafePoint(ProcessorThread thread) implements ModelPart.Access {
        @Override
        @SuppressWarnings("unchecked")
        public <T, X extends Exception> T call(Body<T, X> body) throws X {
            var result = new Object[2];
            ProcessorThread.atSafePoints(List.of(thread), processor -> {
                try {
                    result[0] = body.run();
                } catch (Exception e) {
                    result[1] = e;
                }
            });
            if (result[1] != null) {
                throw (X) result[1];
            }
            return (T) result[0];
        }
    }

    private final class BoardSide implements BoardContext {
        @Override
        public <T> T get(Property<T> property) {
            return blueprint.boardConfiguration().get(property);
        }

        @Override
        public int processors() {
            return blueprint.processors();
        }

        @Override
        public GuestMemory memory() {
            return memory;
        }

        @Override
        public MmioBus bus() {
            return bus;
        }

        @Override
        public String path() {
            return boardPath();
        }

        @Override
        public GuestClock clock() {
            return clock;
        }

        @Override
        public void atSafePoint(Processor<?> processor, Runnable action) {
            ProcessorThread.atSafePoints(threads.stream().filter(thread -> thread.processor() == processor).toList(),
                ignored -> action.run());
        }

        @Override
        public void powerOff(String reason) {
            soon(reason, () -> {
                standStill();
                enter(Phase.STOPPED, reason);
            });
        }

        @Override
        public void restart() {
            soon("the guest has restarted itself", () -> {
                standStill();
                powerOn();
                letRun();
            });
        }
    }

    private final class ProcessorSide implements ProcessorContext {
        private final int index;
        private final ProcessorControl control;

        ProcessorSide(int index, ProcessorControl control) {
            this.index = index;
            this.control = control;
        }

        @Override
        public int index() {
            return index;
        }

        @Override
        public <T> T get(Property<T> property) {
            return blueprint.processorConfiguration().get(property);
        }

        @Override
        public GuestMemory memory() {
            return memory;
        }

        @Override
        public MmioBus bus() {
            return bus;
        }

        @Override
        public GuestClock clock() {
            return clock;
        }

        @Override
        public long timebase() {
            return board.timebase();
        }

        @Override
        public ProcessorControl control() {
            return control;
        }

        @Override
        public EnvironmentCalls environment() {
            return board.environment();
        }
    }
}
