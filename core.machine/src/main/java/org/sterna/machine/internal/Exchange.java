package org.sterna.machine.internal;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.device.Connections;
import org.sterna.machine.state.StateException;

/** One implementation of a device in the place of another, or of one whose bundle has gone; or everything as it was. */
final class Exchange implements Replacement {
    /** How long a new device that has failed may take to give back what it holds. */
    private static final Duration RELEASE = Duration.ofMillis(200);
    /** How long the guest stands still for an old device that has taken too long, before it counts as paused. */
    private static final Duration RETURN = Duration.ofSeconds(2);

    private final VirtualMachine machine;
    private final Occupant old;
    private final DeviceSlot next;
    private final Part part;
    private final BooleanSupplier there;
    private final AtomicBoolean used = new AtomicBoolean();

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
            next.letGo(RELEASE).close();
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

        /** The old device hangs in a call: the guest stays paused until it returns, and then goes on with it. */
        void waitFor(DeviceSlot device, MachineException why);

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
            try {
                if (standing.running() && old instanceof DeviceSlot device) {
                    device.quiesce(left());
                }
                var state = crossing.cross(stateOfOld());
                if (old instanceof DeviceSlot device) {
                    giveBack(device);
                }
                attachNext();
                crossing.check(restored(state));
                requireSameAbi();
                goOn();
            } catch (RuntimeException | Error e) {
                throw takeBack(e);
            }
            if (old instanceof DeviceSlot device) {
                device.retire();
            }
        }

        private Duration left() {
            return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        }

        private SortedMap<Long, Object> stateOfOld() {
            return old instanceof DeviceSlot device ? device.stateTree(left()) : old.part(Set.of()).state();
        }

        /** Only one that takes the same resources reads what the host has; another disk may not be on this host's own storage. */
        private void giveBack(DeviceSlot device) {
            if (device.takesTheSameAs(next)) {
                passedOn = device.passOn(left());
            } else {
                device.detach(left());
            }
        }

        private void attachNext() {
            if (old.takesTheSameAs(next)) {
                next.attach(left(), passedOn);
            } else {
                next.attach(left());
            }
        }

        private SortedMap<Long, Object> restored(SortedMap<Long, Object> state) {
            try {
                return next.restoreTree(state, left());
            } catch (StateException e) {
                throw new MachineException(MachineException.Kind.FAILED, List.of(new Reason(next.path(), e.field(),
                    "cannot be restored by " + next.implementation() + ": " + e.getMessage(), "")), e);
            }
        }

        /** The new one goes on; one that fails before it has begun any I/O has done nothing that the old one could not do again. */
        private void goOn() {
            standing.put(next);
            standing.startTime();
            if (standing.running()) {
                next.start(left());
            }
        }

        private void requireSameAbi() {
            if (!next.abiPart().equals(old.abiPart())) {
                throw MachineException.failed(old.path(), "", next.implementation() + " has changed the guest ABI from " + old.abiPart()
                    + " to " + next.abiPart(), "this is a defect of its bundle");
            }
        }

        /** What the new one returns of the connections; what it keeps for itself would be in the old one's way. */
        private Connections returned() {
            Connections returned = next.letGo(RELEASE);
            var kept = new HashMap<>(passedOn.channels());
            kept.values().removeAll(returned.channels().values());
            new Connections(kept).close();
            return returned;
        }

        private RuntimeException takeBack(Throwable failure) {
            MachineException why = reasons(failure);
            if (next.hasBegun()) {
                standing.fail(why);
                return why;
            }
            standing.stopTime();
            Connections returned = returned();
            standing.put(old);
            if (old instanceof DeviceSlot device) {
                takeBack(device, returned, why);
            } else {
                standing.startTime();
            }
            return why;
        }

        private void takeBack(DeviceSlot device, Connections returned, MachineException why) {
            if (!device.awaitReturn(RETURN)) {
                returned.close();
                standing.waitFor(device, why);
                return;
            }
            try {
                device.takeBack(returned);
                standing.startTime();
                if (standing.running()) {
                    device.start();
                }
            } catch (RuntimeException e) {
                standing.strand(reasons(e));
            }
        }
    }

    private MachineException reasons(Throwable failure) {
        return failure instanceof MachineException reasons ? reasons : new MachineException(MachineException.Kind.FAILED,
            List.of(Reason.of(next.path(), "the replacement by " + next.implementation() + " has failed: " + failure,
                "please report it")), failure);
    }
}
