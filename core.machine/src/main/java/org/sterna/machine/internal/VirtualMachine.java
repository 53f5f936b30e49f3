package org.sterna.machine.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.IoError;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.memory.HostMemoryException;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.state.StateType;
import org.sterna.machine.state.Stateful;
import org.sterna.machine.time.ClockState;
import org.sterna.machine.time.GuestClock;

/** A machine, wired together from its blueprint. */
final class VirtualMachine implements Machine, BoardSide.Fate {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualMachine.class);
    private static final StateType<ClockState> CLOCK_STATE = StateType.of("clock", ClockState.class);

    private final Blueprint blueprint;
    private final Consumer<VirtualMachine> onClose;
    private final HeapShares heap;
    private final GuestMemory memory;
    private final HostMemoryBudget hostMemory;
    private final MmioBus bus = new MmioBus();
    private final GuestClock clock = new GuestClock();
    /** Null when the machine is closed, as all that could hold much memory. */
    private Board<?> board;
    private final Processors processors = new Processors();
    private final CallLimits limits;
    private final IoThreads io;
    private final DeviceCalls boardCalls;
    private final Devices devices;
    private final Movement movement;
    private final Attachment attachment;
    private final LeaseRecovery recovery;
    private final MachineFiles files;
    /** All but the devices. */
    private volatile List<Part> parts = List.of();
    private final IoErrors ioErrors;
    private final GuestControl control;
    /** What the guest has asked for by itself and that is still to be made. */
    private final AtomicReference<Change> pending = new AtomicReference<>();
    /** What the guest was stopped for, if a request of it could not be carried out. */
    private volatile IoError ioError;
    /** The devices that wait for the guest to be stopped because a request of theirs has failed. */
    private final Set<String> stopping = ConcurrentHashMap.newKeySet();
    /** What a closed machine still knows. */
    private volatile Remains remains;
    /** Whether guest memory has been given back. */
    private volatile boolean freed;

    /**
     * Wires a machine.
     *
     * @param keeper whom to ask for a lease
     * @throws MachineException if the board has no slot for a device, or a part refuses its properties
     */
    VirtualMachine(Blueprint blueprint, Supplier<LeaseKeeper> keeper, Consumer<VirtualMachine> onClose) {
        this(blueprint, keeper, new HeapShares(Long.MAX_VALUE), onClose, CallLimits.DEFAULT);
    }

    /**
     * Wires a machine.
     *
     * @param heap   says how much of the heap this process has for what the guest makes the machine hold
     * @param limits how long calls of devices may take
     */
    VirtualMachine(Blueprint blueprint, Supplier<LeaseKeeper> keeper, HeapShares heap, Consumer<VirtualMachine> onClose,
            CallLimits limits) {
        this.blueprint = blueprint.withoutDevices();
        this.onClose = onClose;
        this.heap = heap;
        this.limits = limits;
        this.ioErrors = new IoErrors(blueprint.name());
        this.io = new IoThreads(blueprint.name(), limits.stall());
        var boardPlugin = Plugin.of(blueprint.boardPath(), blueprint.board());
        BoardFactory boardFactory = boardPlugin.guard(BoardFactory.class, blueprint.board().factory());
        this.memory = new GuestMemory(boardFactory.memoryBase(), blueprint.memory());
        this.hostMemory = new HostMemoryBudget(blueprint.processors(), heap::each);
        this.boardCalls = new DeviceCalls(boardPlugin, () -> { });
        boolean built = false;
        try {
            io.prepare();
            this.board = boardPlugin.guard(Board.class, boardFactory.create(new BoardSide(blueprint.boardPath(),
                blueprint.boardConfiguration(), blueprint.processors(), memory, bus, clock, processors, this)));
            BoardRegisters.guard(bus, boardPlugin);
            processors.create(blueprint, board, bus, memory, hostMemory, clock, this::fault);
            devices = new Devices(new Devices.Maker(board, blueprint.board().model().type(),
                new DeviceHost(memory, hostMemory, clock, board.timebase(), io, limits, this::fault, this::ioFailed,
                    this::stalled, this::returned)), bus);
            devices.create(blueprint.devices());
            movement = new Movement(name(), processors, clock, devices, limits);
            attachment = new Attachment(name(), devices, keeper, limits, new LeaseWatcher());
            control = new GuestControl(name(), new Machinery());
            recovery = new LeaseRecovery(name(), attachment, control);
            files = new MachineFiles(name());
            control.onPhase(next -> {
                if (next != Phase.PAUSED) {
                    ioError = null;
                }
            });
            assembleParts();
            memory.dirtyLog().onHarvest(processors::forgetMarkedPages);
            built = true;
        } finally {
            if (!built) {
                processors.close(limits.stop());
                io.close();
                clock.close();
                memory.close();
            }
        }
    }

    /** In the order of restoring: time first; the board drives the processors' inputs; devices drive the board's. */
    private void assembleParts() {
        var all = new ArrayList<Part>();
        all.add(new ModelPart<>("/clock", Optional.empty(), coreVersion(), CLOCK_STATE, new Stateful<ClockState>() {
            @Override
            public ClockState state() {
                return clock.state();
            }

            @Override
            public void restore(ClockState state) {
                clock.restore(state);
            }
        }, Set.of(), Set::of, ModelPart.DIRECT));
        all.addAll(processors.parts(blueprint, Set.of("/clock")));
        var soFar = all.stream().map(Part::path).collect(Collectors.toSet());
        all.add(ModelPart.of(blueprint.boardPath(), blueprint.board(), board, soFar, Set::of, ModelPart.DIRECT));
        parts = List.copyOf(all);
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
        Remains left = remains;
        return left == null ? blueprint.abi(devices.abi()) : left.abi();
    }

    /**
     * What a closed machine still knows.
     *
     * @param abi  its guest ABI
     * @param host the host properties
     */
    private record Remains(AbiDocument abi, Map<String, Map<String, Object>> host) {
    }

    @Override
    public Map<String, Map<String, Object>> hostSettings() {
        Remains left = remains;
        if (left != null) {
            return left.host();
        }
        var settings = new TreeMap<>(devices.hostSettings());
        settings.put(blueprint.boardPath(), blueprint.boardConfiguration().host());
        return settings;
    }

    @Override
    public Phase phase() {
        return control.phase();
    }

    @Override
    public String why() {
        return control.why();
    }

    @Override
    public void explain(String reason) {
        control.explain(reason);
    }

    @Override
    public Ownership ownership() {
        return control.ownership();
    }

    @Override
    public boolean runRequested() {
        return control.runRequested();
    }

    @Override
    public Operation begin(Operation.Kind kind, String detail, Duration patience) {
        return control.begin(kind, detail, patience);
    }

    @Override
    public Optional<Operation> operation() {
        return control.operation();
    }

    @Override
    public AutoCloseable onOperation(Runnable listener) {
        return control.onOperation(listener);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public HostMemoryBudget hostMemory() {
        return hostMemory;
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public List<Part> parts() {
        var all = new ArrayList<>(parts);
        all.addAll(devices.parts(Set.of(blueprint.boardPath())));
        return List.copyOf(all);
    }

    @Override
    public long instructions() {
        return processors.instructions();
    }

    @Override
    public boolean attached() {
        return attachment.attached();
    }

    @Override
    public List<Resource> claims() {
        return devices.claims();
    }

    @Override
    public Map<String, List<ContentIdentity>> contents(Duration limit) {
        return devices.contents(limit);
    }

    @Override
    public Map<String, List<ContentIdentity>> releasedContents() {
        return control.releasedContents();
    }

    @Override
    public void attach() {
        control.attach();
    }

    @Override
    public void detach() {
        control.detach();
    }

    @Override
    public void reclaim() {
        control.reclaim();
    }

    private void lost(HeldLease lease, String cause) {
        control.locked(() -> {
            if (!attachment.isUnder(lease)) {
                return;
            }
            String reason = "it has lost the lease on its devices' resources: " + cause;
            LOG.warn("{}: {}", name(), reason);
            boolean still = phase() != Phase.RUNNING || tried(movement::stop);
            control.fence();
            tried(attachment::fence);
            switch (phase()) {
                case RUNNING -> control.enter(still ? Phase.PAUSED : Phase.FAILED, reason);
                case CREATED, PAUSED -> control.enter(phase(), reason);
                case STOPPED, PANICKED, FAILED, CLOSED -> { }
            }
        });
    }

    /** What its lease's keeper says. */
    private final class LeaseWatcher implements HeldLease.Watcher {
        @Override
        public void lost(HeldLease lease, String cause) {
            VirtualMachine.this.lost(lease, cause);
        }

        @Override
        public void available(HeldLease lease) {
            recovery.available(lease);
        }
    }

    @Override
    public void change(String path, String property, String text) {
        control.locked(() -> {
            control.requireIdle("be changed");
            control.require(attached() && phase() != Phase.CLOSED, "be changed");
            devices.change(path, property, text);
        });
    }

    /**
     * Another implementation of a device, not in its place yet.
     *
     * @param there whether its bundle is still there
     */
    Replacement replacement(String path, Installed<DeviceFactory> installed, Map<String, Object> host, BooleanSupplier there) {
        Occupant old = devices.get(path);
        return new Exchange(this, old, devices.makeOther(path, installed, host), Set.of(blueprint.boardPath()), there);
    }

    @Override
    public Set<String> held() {
        return devices.held().stream().map(HeldDevice::path).collect(Collectors.toSet());
    }

    /**
     * The bundle of some devices goes away: the guest stops, and their states are kept until another implementation can take them.
     * When this returns the machine has nothing of the bundle any more.
     */
    void vanish(DeviceFactory factory) {
        control.locked(() -> {
            if (phase() == Phase.CLOSED || !devices.has(factory)) {
                return;
            }
            if (phase() == Phase.RUNNING) {
                tried(movement::stop);
            }
            boolean wasAttached = attached();
            var lost = new ArrayList<Reason>();
            for (DeviceSlot gone : devices.hold(factory, lost)) {
                if (wasAttached) {
                    tried(() -> gone.detach(limits.host()));
                }
            }
            String gone = Stream.concat(devices.held().stream().map(HeldDevice::gone), lost.stream().map(Reason::toString))
                .collect(Collectors.joining("; "));
            String reason = fenced() ? why() + "; " + gone : gone;
            if (!lost.isEmpty() && (phase() == Phase.RUNNING || phase() == Phase.PAUSED)) {
                tried(attachment::detach);
                control.enter(Phase.FAILED, reason);
            } else if (phase() == Phase.RUNNING || phase() == Phase.PAUSED) {
                control.enter(Phase.PAUSED, reason);
                makePendingChange();
            } else if (phase() == Phase.CREATED) {
                control.enter(Phase.FAILED, reason);
            }
        });
    }

    /**
     * Has a device exchanged while processors and guest time stand still and it has no I/O in flight.
     *
     * @param there whether the bundle of the new one is still there: if it goes from now on, {@link #vanish} finds it in its place
     * @return how long the guest stood still, in nanoseconds; 0 if it was paused anyway
     */
    long replace(Occupant old, BooleanSupplier there, Consumer<Exchange.Standing> exchange) {
        var stood = new AtomicLong();
        control.locked(() -> {
            control.operation().filter(operation -> operation.kind() != Operation.Kind.SWAP)
                .ifPresent(other -> control.requireIdle("have a device replaced"));
            control.require(attached() && (phase() == Phase.RUNNING || phase() == Phase.PAUSED), "have a device replaced");
            if (!there.getAsBoolean()) {
                throw MachineException.failed(old.path(), "", "the bundle that was to take over has gone", "install it again");
            }
            if (devices.get(old.path()) != old) {
                throw MachineException.failed(old.path(), "", "it has been replaced meanwhile", "try again");
            }
            if (phase() == Phase.RUNNING && old instanceof DeviceSlot device) {
                stood.set(movement.pauseFor(device, () -> phase() == Phase.RUNNING && pending.get() == null,
                    () -> exchange.accept(new StandingStill(true))));
            } else {
                exchange.accept(new StandingStill(false));
                makePendingChange();
                control.continueIfPossible();
            }
        });
        // The new one may have other files.
        files.look(hostSettings(), limits.host());
        return stood.get();
    }

    private final class StandingStill implements Exchange.Standing {
        private final boolean running;

        StandingStill(boolean running) {
            this.running = running;
        }

        @Override
        public boolean running() {
            return running;
        }

        @Override
        public void put(Occupant occupant) {
            devices.put(occupant);
        }

        @Override
        public void startTime() {
            if (running) {
                clock.start();
            }
        }

        @Override
        public void stopTime() {
            clock.stop(limits.stop());
        }

        @Override
        public void waitFor(DeviceSlot device, MachineException why) {
            if (running) {
                stopTime();
                devices.quiesceStarted();
                control.enter(Phase.PAUSED, "a device could not be replaced, and the old one cannot go on yet: " + why.getMessage()
                    + "; the guest goes on when it answers");
            }
        }

        @Override
        public void strand(MachineException why) {
            stopTime();
            tried(devices::quiesce);
            tried(attachment::detach);
            control.enter(Phase.PAUSED, "a device could not be replaced, and the old one cannot go on: " + why.getMessage());
        }

        @Override
        public void fail(MachineException why) {
            tried(movement::stop);
            control.enter(Phase.FAILED, why.getMessage());
        }
    }

    @Override
    public void boot() {
        control.boot(this::powerOn);
    }

    private void powerOn() {
        processors.reset();
        devices.reset();
        var placed = devices.placed();
        boardCalls.<Void, RuntimeException>call("boot()", limits.boot(), () -> {
            board.boot(placed);
            return null;
        }, late -> { });
    }

    @Override
    public void restored() {
        control.restored();
    }

    @Override
    public void resume() {
        control.resume();
    }

    @Override
    public void pause() {
        control.pause();
    }

    /** What moves in this machine. */
    private final class Machinery implements GuestControl.Machinery {
        @Override
        public void start() {
            movement.start();
        }

        @Override
        public void stop() {
            movement.stop();
        }

        @Override
        public boolean attached() {
            return attachment.attached();
        }

        @Override
        public void attach() {
            attachment.attach();
            // Only now is there what devices create.
            files.look(hostSettings(), limits.host());
        }

        @Override
        public void detach() {
            attachment.detach();
        }

        @Override
        public List<Reason> missing() {
            return Stream.of(lostMemory(), devices.held().stream().map(HeldDevice::missing), devices.overdue().stream(),
                devices.stalled().stream())
                .flatMap(reasons -> reasons).toList();
        }

        private Stream<Reason> lostMemory() {
            return memory.unreadable().map(lost -> Reason.of(name(), lost,
                "restore the guest from a whole copy of the file")).stream();
        }

        @Override
        public Map<String, List<ContentIdentity>> contents(Duration limit) {
            return devices.contents(limit);
        }

        @Override
        public boolean mayGoOn() {
            return memory.unreadable().isEmpty();
        }

        @Override
        public void makePendingChange() {
            VirtualMachine.this.makePendingChange();
        }
    }

    /** A device could not carry out a request, which it keeps if the guest is to stop. It does not wait until that is done. */
    private void ioFailed(IoError error) {
        boolean stop = error.action() == IoError.Action.STOP;
        String device = error.reason().subject();
        // A device may have thousands of requests in flight that all fail.
        if (ioErrors.isNews(error) && (!stop || stopping.add(device))) {
            io.start(name() + " has an i/o error", () -> {
                ioErrors.tell(error);
                if (stop) {
                    stopping.remove(device);
                    control.locked(() -> tried(() -> pauseFor(error)));
                }
            });
        }
    }

    /** Has the processors give back what they can do without, as soon as they come to a safe point. */
    void dropCaches() {
        processors.dropCaches();
    }

    /** If that fails, the guest goes on, and its device tries the request again. */
    private void pauseFor(IoError error) {
        if (phase() == Phase.RUNNING) {
            ioError = error;
            control.stopUntilResumed("the host could not do what the guest has asked for: " + error.reason());
        }
    }

    @Override
    public Optional<IoError> ioError() {
        return Optional.ofNullable(ioError);
    }

    @Override
    public AutoCloseable onIoError(Consumer<IoError> listener) {
        return ioErrors.onError(listener);
    }

    /** I/O of a device does not return, or does again. Without its disk the guest cannot go on, and should not see time pass. */
    private void stalled(DeviceSlot device) {
        io.start(name() + " looks after its i/o", () -> control.locked(() -> {
            if (!devices.has(device)) {
                return;
            }
            device.stalled().ifPresentOrElse(reason -> tried(() -> control.stall(reason.toString(), movement::stopAroundStalled)),
                () -> {
                    if (phase() == Phase.PAUSED) {
                        // It has not come to rest when the guest was stopped.
                        tried(() -> device.quiesce(limits.quiesce()));
                    }
                    control.goOn();
                });
        }));
    }

    /**
     * A call of a device that was left behind has returned: if the guest stands still only because of that, it goes on. On a thread of
     * its own, since that calls devices.
     */
    private void returned(DeviceSlot device) {
        try {
            HostThreads.start(name() + " goes on", () -> control.locked(() -> {
                if (devices.has(device) && attached()) {
                    tried(() -> device.takeBack(Connections.NONE));
                }
                control.goOn();
            }));
        } catch (MachineException e) {
            LOG.warn("{}: {}", name(), e.getMessage());
        }
    }

    /** Something went wrong on a processor's or device's thread: the guest cannot go on, its state is kept. */
    private void fault(String path, Throwable fault) {
        Optional<String> unreadable = memory.unreadable(fault);
        if (unreadable.isPresent()) {
            pauseForGood(unreadable.get());
            return;
        }
        boolean again = fault instanceof HostMemoryException;
        if (again || HeapShares.lacksMemory(fault)) {
            heap.exhausted();
        }
        if (again) {
            pauseForMemory(path, Reason.causeOf(fault));
            return;
        }
        LOG.debug("{} failed", path, fault);
        ends(Phase.FAILED, fault instanceof MachineException ? fault.getMessage()
            : path + " failed: " + Reason.causeOf(fault));
    }

    /** There was no memory for something that can be tried again. */
    private void pauseForMemory(String path, String what) {
        io.start(name() + " lacks memory", () -> control.locked(() -> tried(() -> {
            if (phase() == Phase.RUNNING) {
                String reason = "the host's memory is used up: " + path + ": " + what
                    + " (give this process a larger heap, or close other machines in it, and resume)";
                LOG.warn("{}: {}", name(), reason);
                control.stopUntilResumed(reason);
            }
        })));
    }

    /** A part of guest memory is lost: the guest stands still from now on, whoever wants it to run. */
    private void pauseForGood(String reason) {
        io.start(name() + " has lost memory", () -> control.locked(() -> {
            switch (phase()) {
                case RUNNING -> {
                    LOG.error("{}: {}", name(), reason);
                    control.enter(tried(movement::stopWithoutMemory) ? Phase.PAUSED : Phase.FAILED, reason);
                }
                case PAUSED -> control.explain(reason);
                case CREATED, STOPPED, PANICKED, FAILED, CLOSED -> { }
            }
        }));
    }

    @Override
    public void ends(Phase last, String reason) {
        soon(new Change(reason, false, () -> {
            movement.stop();
            control.enter(last, reason);
        }));
    }

    @Override
    public void restarts() {
        String reason = "the guest has restarted itself";
        soon(new Change(reason, true, () -> {
            movement.stop();
            // Nothing of the life before can come any more, and the next one may want something at once.
            pending.set(null);
            powerOn();
            control.continueOrPause(reason);
        }));
    }

    /** Ends or restarts the guest on a thread of its own, since processors and devices do not wait; the first wins. */
    private void soon(Change change) {
        if (pending.compareAndSet(null, change)) {
            processors.halt();
            io.start(name() + " changes", () -> control.locked(this::makePendingChange));
        }
    }

    private void makePendingChange() {
        Change change = pending.get();
        boolean possible = change != null && (phase() == Phase.RUNNING || phase() == Phase.PAUSED);
        if (possible && (!change.needsDevices() || devices.held().isEmpty())) {
            try {
                change.action().run();
            } catch (RuntimeException | Error e) {
                control.enter(Phase.FAILED, change.what() + "; then " + Reason.causeOf(e));
            }
        }
    }

    /**
     * What a processor or a device wants to become of the machine.
     *
     * @param what         what has happened
     * @param needsDevices whether it has to wait until no device's bundle is missing
     * @param action       makes the change
     */
    private record Change(String what, boolean needsDevices, Runnable action) {
    }

    @Override
    public AutoCloseable onPhase(Consumer<Phase> listener) {
        return control.onPhase(listener);
    }

    @Override
    public void close() {
        control.locked(() -> {
            if (phase() == Phase.CLOSED) {
                return;
            }
            memory.dirtyLog().onHarvest(() -> { });
            processors.close(limits.stop());
            boolean timeStandsStill = clock.stop(limits.stop());
            tried(devices::quiesce);
            tried(attachment::detach);
            clock.close();
            io.close();
            if (timeStandsStill) {
                processors.whenEnded(() -> boardCalls.whenReturned(() -> devices.whenQuiet(this::free)));
            }
            if (!freed) {
                LOG.warn("{}: something hangs, and keeps its guest memory until it returns", name());
            }
            files.close();
            remains = new Remains(abi(), hostSettings());
            onClose.accept(this);
            control.close();
            forget();
        });
    }

    /** Lets go of all that could hold much memory, or be held by somebody: whoever keeps a closed machine keeps little. */
    private void forget() {
        devices.forget();
        processors.forget();
        parts = List.of();
        bus.regions().forEach(region -> bus.unmap(region.owner()));
        board = null;
        ioErrors.forgetListeners();
    }

    private void free() {
        freed = true;
        memory.close();
    }

    /** Does something that must not keep the machine from being closed; returns whether it succeeded. */
    private boolean tried(Runnable action) {
        try {
            action.run();
            return true;
        } catch (MachineException e) {
            LOG.warn("{}: {}", name(), e.getMessage());
            return false;
        } catch (RuntimeException | Error e) {
            LOG.warn("{} could not be stopped properly", name(), e);
            return false;
        }
    }
}
