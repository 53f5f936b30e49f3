package org.sterna.launcher.internal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.osgi.framework.Version;
import org.sterna.machine.IoError;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.internal.GuestControl;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.state.StateSchema;
import org.sterna.machine.time.GuestClock;

/** A machine without a guest: only its phases are real. */
public final class FakeMachine implements Machine {
    private final String name;
    private final GuestControl control;
    private final GuestClock clock = new GuestClock();
    private volatile boolean attached = true;
    private final List<Consumer<IoError>> ioListeners = new CopyOnWriteArrayList<>();
    private volatile IoError ioError;
    /** What the next attempts to attach fail with, or null. */
    public volatile MachineException attachFailure;

    public FakeMachine(String name) {
        this.name = name;
        this.control = new GuestControl(name, new Machinery());
    }

    public void become(Phase next, String reason) {
        control.locked(() -> control.enter(next, reason));
    }

    /** Its guest is handed over to a destination that does not confirm it. */
    public void handOver() {
        try (Operation operation = begin(Operation.Kind.MIGRATION, "to tcp:h:1", Duration.ZERO)) {
            operation.hold();
            operation.relinquish();
            operation.commit();
            explain("handed over to tcp:h:1, which has not confirmed it");
        }
    }

    /** What moves in it: nothing. */
    private final class Machinery implements GuestControl.Machinery {
        @Override
        public void start() {
        }

        @Override
        public void stop() {
        }

        @Override
        public boolean attached() {
            return attached;
        }

        @Override
        public void attach() {
            if (attachFailure != null) {
                throw attachFailure;
            }
            attached = true;
        }

        @Override
        public void detach() {
            attached = false;
        }

        @Override
        public List<Reason> missing() {
            return List.of();
        }

        @Override
        public void makePendingChange() {
        }
    }

    /** A request of the guest fails, and it pauses if that is wanted. */
    public void fail(IoError error) {
        ioListeners.forEach(listener -> listener.accept(error));
        if (error.action() == IoError.Action.STOP) {
            ioError = error;
            become(Phase.PAUSED, error.reason().toString());
        }
    }

    @Override
    public Optional<IoError> ioError() {
        return Optional.ofNullable(ioError);
    }

    @Override
    public AutoCloseable onIoError(Consumer<IoError> listener) {
        ioListeners.add(listener);
        return () -> ioListeners.remove(listener);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public AbiDocument abi() {
        var part = new PartAbi("board", new AbiVersion(1, 0), 1, new TreeMap<>());
        return new AbiDocument("virt-1.1", 64 << 20, 1, part, part, new TreeMap<>());
    }

    @Override
    public Map<String, Map<String, Object>> hostSettings() {
        return Map.of();
    }

    @Override
    public Phase phase() {
        return control.phase();
    }

    @Override
    public void explain(String reason) {
        control.explain(reason);
    }

    @Override
    public String why() {
        return control.why();
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
    public void reclaim() {
        control.reclaim();
    }

    @Override
    public HostMemoryBudget hostMemory() {
        return new HostMemoryBudget(1, () -> Long.MAX_VALUE);
    }

    @Override
    public GuestMemory memory() {
        throw new UnsupportedOperationException();
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public List<Part> parts() {
        return List.of(new FakePart());
    }

    @Override
    public long instructions() {
        return 1234567;
    }

    @Override
    public boolean attached() {
        return attached;
    }

    @Override
    public void attach() {
        control.attach();
    }

    /** The changes that were asked for. */
    public final List<String> changes = new CopyOnWriteArrayList<>();

    @Override
    public void change(String path, String property, String text) {
        control.requireIdle("be changed");
        if (!path.equals("/virtio-blk@0")) {
            throw MachineException.usage(path, "", "no such device", "did you mean /virtio-blk@0?");
        }
        changes.add(path + " " + property + "=" + text);
    }

    @Override
    public void detach() {
        control.detach();
    }

    @Override
    public void boot() {
        control.boot(() -> { });
    }

    @Override
    public void resume() {
        control.resume();
    }

    @Override
    public void pause() {
        control.pause();
    }

    @Override
    public void restored() {
        control.restored();
    }

    @Override
    public AutoCloseable onPhase(Consumer<Phase> listener) {
        return control.onPhase(listener);
    }

    @Override
    public void close() {
        if (phase() != Phase.CLOSED) {
            become(Phase.CLOSED, why());
        }
    }

    private static final class FakePart implements Part {
        @Override
        public String path() {
            return "/pvclock@0";
        }

        @Override
        public String type() {
            return "pvclock";
        }

        @Override
        public Version version() {
            return new Version(1, 1, 0);
        }

        @Override
        public StateSchema schema() {
            return new StateSchema("pvclock", 2, List.of());
        }

        @Override
        public Set<String> after() {
            return Set.of();
        }

        @Override
        public Set<String> acknowledged() {
            return Set.of("stable");
        }

        @Override
        public SortedMap<Long, Object> state() {
            return new TreeMap<>();
        }

        @Override
        public void restore(Map<Long, Object> state) {
        }
    }

    @Override
    public Set<String> held() {
        return Set.of();
    }
}
