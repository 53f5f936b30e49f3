package org.sterna.machine.device;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Property;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.state.Stateful;

/**
 * A device in a machine. Its life is: created, {@link #attach attached}, then {@link #reset} or {@link #restore
 * restored}, {@link #start started}, and, in any order and number, {@link #quiesce quiesced} and started again; in the
 * end {@link #detach detached}.
 *
 * <p>Sterna never calls a device from two threads at once: register accesses, the methods here, timers and the
 * completions of I/O are all serialized, with the memory effects of a lock. None of them may block; what blocks goes
 * through {@link DeviceContext#submit}. The machine waits for no method without a limit: 30 seconds for attach and detach of all
 * devices together, 10 for quiesce, 5 for the others, and less in a {@linkplain org.sterna.machine.Replacement#perform hot swap}.
 * A call that takes longer is left behind on its thread. Until it returns the device is not called again, and its guest stands
 * still or runs without it; when an attach or a start returns at last that nobody waits for any more, a detach or a quiesce follows
 * it. Only a device that is given up in a hot swap is detached while it hangs in another call.
 *
 * <p>What a method throws that its contract does not allow is caught, an error too: whoever wanted the call hears of it with path,
 * bundle and method, and the log has the stack trace. Thrown by a register access, a timer, a completion or a background reader it
 * ends the guest.
 *
 * <p>A guest can write anything anywhere. No guest access may make a device throw: a driver's mistake is answered as
 * the device's specification says (an error status, a needs-reset bit), or ignored.
 *
 * @param <S> the record that is its state
 */
@ConsumerType
public interface Device<S extends Record> extends MmioHandler, Stateful<S> {
    /** The size of its MMIO range in bytes, a power of two; the slot on the board must be at least as large. */
    long registerBytes();

    /** How the device is announced to the guest's operating system, where the board has a way to do so. */
    DeviceNode node();

    /**
     * What stands against {@link #attach}, as far as it can be told by looking: a file that is missing, too small, or not
     * this user's. A destination asks it of a device that it has made from a manifest and never attaches, before the
     * source's guest is touched. So it takes, creates and changes nothing; and what somebody else still holds, such as
     * the lock on a disk or a port, is no obstacle: the source may be about to give it up.
     *
     * @return every reason, with the host property that it is about as its item
     */
    default List<Reason> obstacles() {
        return List.of();
    }

    /**
     * What it will take in {@link #attach} that others may want too, such as its disk. The machine acquires a {@linkplain
     * org.sterna.machine.lease.LeaseKeeper lease} for it first. Like {@link #obstacles} it only looks; what is not there it
     * leaves out, as {@code attach} says that better.
     *
     * @return the resources, perhaps none; empty if the device does not say. Then each file or block device that one of its host
     *         properties names is claimed, for itself alone if this user may write it
     * @since 1.2
     */
    default Optional<List<Resource>> claims() {
        return Optional.empty();
    }

    /**
     * Takes the host resources that it needs for itself alone, such as its disk's file and the lock on it. It is called
     * again after {@link #detach} when a migration was not completed.
     *
     * @throws org.sterna.machine.MachineException if a resource is missing or in use; nothing is held then
     */
    default void attach() {
    }

    /** Gives back all host resources; everything written before is in them. It may be called when not attached. */
    default void detach() {
    }

    /**
     * Gives all host resources back to a successor in this process: another implementation of the same device attaches next, while the
     * guest stands still. So what was written need not have reached the disk for it. It may be {@link #attach attached} again
     * when the successor fails.
     *
     * @since 1.2
     */
    default void handOver() {
        detach();
    }

    /**
     * Like {@link #handOver}, but what somebody outside is connected to, such as the client of a socket, stays open and goes to the
     * successor, so that nobody has to connect again. It keeps nothing of that.
     *
     * @since 1.3
     */
    default Connections passOn() {
        handOver();
        return Connections.NONE;
    }

    /**
     * Like {@link #attach()}, with what a predecessor in this process has {@linkplain #passOn passed on}, which had the same host
     * properties. A device that cannot go on with it closes it first.
     *
     * @throws org.sterna.machine.MachineException if a resource is missing or in use; nothing is held then, nor left open
     * @since 1.3
     */
    default void attach(Connections passedOn) {
        passedOn.close();
        attach();
    }

    /**
     * By what the content of its host resources is known again that the guest relies on, such as that of a disk: a snapshot holds it,
     * and whoever restores the snapshot compares. It is asked while the guest runs, and again while it stands still.
     *
     * @return what looks, which may block; it runs on another thread, not serialized with the device. When the device is attached,
     *         all that was written before has reached the resource. When it is not, as at somebody who is to take the guest, it only
     *         looks, like {@link #obstacles}, and may leave out what that does not tell
     * @since 1.4
     */
    default Callable<List<ContentIdentity>> contents() {
        return List::of;
    }

    /** Puts the device into its state after power-on. */
    void reset();

    /** The guest is about to run. */
    default void start() {
    }

    /**
     * The guest has been stopped. No I/O that was {@linkplain DeviceContext#submit submitted} is in flight any more; the
     * device brings what else it holds into its state, guest memory or its back end.
     */
    default void quiesce() {
    }

    /**
     * The operator gives a {@linkplain Property#changeable changeable} property another value, while the machine runs or
     * is paused. The device checks the value against its host resources, which are attached, and changes nothing yet.
     *
     * @param property one of the model's properties that are changeable
     * @param value    a value of its type
     * @return what shows the change to the driver (a configuration-change interrupt); it runs at once, when
     *         {@link DeviceContext#get} gives the new value
     * @throws org.sterna.machine.MachineException if the value is not possible
     */
    default Runnable change(Property<?> property, Object value) {
        throw new UnsupportedOperationException("a device with a changeable property must say how it changes");
    }

    /** The names of the features that the driver has acknowledged. */
    default Set<String> acknowledged() {
        return Set.of();
    }
}
