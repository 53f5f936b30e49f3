package org.sterna.machine.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.device.Connections;
import org.sterna.machine.state.StateException;

/** One implementation of a device in the place of another, or of one whose bundle has gone; or everything as it was. */
final class Exchange implements Replacement {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    /** How long a device that has failed may take to give back what it holds. */
    private static final Duration RELEASE = Duration.ofMillis(200);

    private final VirtualMachine machine;
    private final Occupant old;
    private final DeviceSlot next;
    private final Part part;
    private final BooleanSupplier there;
    private final AtomicBoolean used = new AtomicBoolean();
    /** Whether the new one has taken too long: what it takes from now on it has to give back. */
    private volatile boolean leftBehind;

    Exchange(VirtualMachine machine, Occupant old, DeviceSlot next, Set<String> after, BooleanSupplier there) {
        this.machine = machine;
        this.old = old;
        this.next = next;
        this.part = next.part(after);
        this.there = there;
    }

    @Override
    public Part part() {
        return part;
    }

    @Override
    public long perform(Crossing crossing, Duration limit) {
        if (!used.compareAndSet(false, true)) {
            throw new IllegalStateException("a replacement is used once");
        }
        next.load();
        var attempt = new Attempt(crossing, limit);
        return machine.replace(old, there, attempt::run);
    }

    @Override
    public void close() {
        if (used.compareAndSet(false, true)) {
            release().close();
        }
    }

    /** What the machine lets an exchange do while it stands still. */
    interface Standing {
        /** Whether the guest ran, and is to go on. */
        boolean running();

        /** Puts something into its slot. */
        void put(Occupant occupant);

        /** Lets guest time run on, if the guest is to go on. */
        void startTime();

        /** Makes guest time stand still again. */
        void stopTime();

        /** Nothing can take the old device's place, and it cannot have what it gave back: the guest stays paused. */
        void strand(MachineException why);

        /** The guest cannot go on anywhere. */
        void fail(MachineException why);
    }

    /** One exchange, while the machine stands still and the old device has no I/O in flight. */
    private final class Attempt {
        private final Crossing crossing;
        private final Duration limit;
        private Standing standing;
        private long deadline;
        /** What the old one has passed on. */
        private Connections passedOn = Connections.NONE;

        Attempt(Crossing crossing, Duration limit) {
            this.crossing = crossing;
            this.limit = limit;
        }

        void run(Standing still) {
            standing = still;
            deadline = System.nanoTime() + limit.toNanos();
            Part before = old.part(Set.of());
            if (standing.running() && old instanceof DeviceSlot device) {
                device.quiesce();
            }
            boolean detached = false;
            try {
                var state = crossing.cross(before.state());
                if (old instanceof DeviceSlot device) {
                    giveBack(device);
                    detached = true;
                }
                SortedMap<Long, Object> held = bounded(() -> {
                    attachNext();
                    part.restore(state);
                    return part.state();
                });
                crossing.check(held);
                requireSameAbi();
                goOn();
            } catch (RuntimeException | Error e) {
                throw takeBack(detached, e);
            }
            if (old instanceof DeviceSlot device) {
                device.retire();
            }
        }

        /** Only one that takes the same resources reads what the host has; another disk may not be on this host's own storage. */
        private void giveBack(DeviceSlot device) {
            if (device.takesTheSameAs(next)) {
                passedOn = device.passOn();
            } else {
                device.detach();
            }
        }

        private void attachNext() {
            if (old.takesTheSameAs(next)) {
                next.attach(passedOn);
            } else {
                next.attach();
            }
        }

        /** The new one goes on; one that fails before it has begun any I/O has done nothing that the old one could not do again. */
        private void goOn() {
            standing.put(next);
            standing.startTime();
            if (standing.running()) {
                bounded(() -> {
                    next.start();
                    return null;
                });
            }
        }

        private void requireSameAbi() {
            if (!next.abiPart().equals(old.abiPart())) {
                throw MachineException.failed(old.path(), "", next.implementation() + " has changed the guest ABI from " + old.abiPart()
                    + " to " + next.abiPart(), "this is a defect of its bundle");
            }
        }

        private <T> T bounded(Callable<T> step) {
            return within(step, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }

        /** What the new one returns of the connections; what it keeps for itself would be in the old one's way. */
        private Connections returned() {
            Connections returned = release();
            var kept = new HashMap<>(passedOn.channels());
            kept.values().removeAll(returned.channels().values());
            new Connections(kept).close();
            return returned;
        }

        private RuntimeException takeBack(boolean detached, Throwable failure) {
            MachineException why = reasons(failure);
            if (next.hasBegun()) {
                standing.fail(why);
                return why;
            }
            standing.stopTime();
            Connections returned = returned();
            try {
                if (detached) {
                    ((DeviceSlot) old).attach(returned);
                }
                standing.put(old);
                standing.startTime();
                if (standing.running() && old instanceof DeviceSlot device) {
                    device.start();
                }
            } catch (RuntimeException e) {
                standing.strand(reasons(e));
            }
            return why;
        }
    }

    /** Has the new one give back what it holds, whatever state it is in; gives what stays open. */
    private Connections release() {
        next.retire();
        try {
            return within(next::letGo, RELEASE);
        } catch (MachineException e) {
            LOG.warn("{} cannot be given up: {}", next.implementation(), e.getMessage());
            return Connections.NONE;
        }
    }

    /** Runs a step of the new implementation on a thread that can be left behind. */
    private <T> T within(Callable<T> step, Duration limit) {
        var task = new FutureTask<>(() -> {
            T result = step.call();
            if (leftBehind) {
                next.letGo().close();
            }
            return result;
        });
        Thread thread = Thread.ofPlatform().daemon().name(next.path() + " replacement").start(task);
        try {
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            leftBehind = true;
            thread.interrupt();
            throw MachineException.failed(next.path(), "", next.implementation() + " has not taken over in time",
                "allow it more time if this host is busy; if not, this is a defect of its bundle");
        } catch (ExecutionException e) {
            throw reasons(e.getCause());
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw MachineException.failed(next.path(), "", "interrupted", "");
        }
    }

    private MachineException reasons(Throwable failure) {
        return switch (failure) {
            case MachineException reasons -> reasons;
            case StateException e -> new MachineException(MachineException.Kind.FAILED, List.of(new Reason(next.path(), e.field(),
                "cannot be restored by " + next.implementation() + ": " + e.getMessage(), "")), e);
            default -> new MachineException(MachineException.Kind.FAILED, List.of(new Reason(next.path(), "",
                next.implementation() + " has failed: " + failure, "this is a defect of its bundle")), failure);
        };
    }
}
