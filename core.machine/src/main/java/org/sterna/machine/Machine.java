package org.sterna.machine;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.time.GuestClock;

/** One guest: board, processors, guest memory, devices. All methods may be called from any thread. */
@ProviderType
public interface Machine extends AutoCloseable {
    /** The phases of a machine's life. */
    enum Phase {
        /** Built; neither booted nor restored. */
        CREATED,
        /** The guest runs. */
        RUNNING,
        /** The guest is stopped between two instructions, no I/O is in flight, every state is whole. */
        PAUSED,
        /** The guest has switched itself off. */
        STOPPED,
        /** The guest has switched itself off and says that it has failed. */
        PANICKED,
        /** A processor or a device could not go on, as {@link #why()} says; the states of all parts are kept. */
        FAILED,
        /** Closed. */
        CLOSED
    }

    /** Its name, unique in this process. */
    String name();

    /** Its guest ABI. */
    AbiDocument abi();

    /** The host properties in force, by device path and property name. */
    Map<String, Map<String, Object>> hostSettings();

    /** The phase that it is in. */
    Phase phase();

    /** Why it is in that phase, or the empty string. */
    String why();

    /** Says why it is in the phase that it is in; this holds until the phase changes, and beyond {@link #close()}. */
    void explain(String why);

    /** Guest memory. */
    GuestMemory memory();

    /**
     * How much host memory the machine may use for what its guest makes it hold, beside guest memory. The limit may be
     * changed at any time.
     *
     * @since 1.4
     */
    HostMemoryBudget hostMemory();

    /** Guest time. */
    GuestClock clock();

    /** All parts, in an order in which they can be restored. */
    List<Part> parts();

    /** The number of instructions that all processors have executed here. */
    long instructions();

    /**
     * Whether the devices are attached to their host resources. A paused machine whose devices are not may belong to
     * another process by now; {@link #why()} says more.
     */
    boolean attached();

    /**
     * What its devices take of the host that others may want too, such as their disks: what {@link #attach} acquires a lease for.
     *
     * @since 1.4
     */
    default List<Resource> claims() {
        return List.of();
    }

    /**
     * The paths of the devices whose bundle has gone. Their states are kept, so that they can be looked at, sent away, and taken over
     * by a {@linkplain Machines#replacement replacement}; until then the machine stays paused. It goes on by itself when it is whole
     * again, if that was all that it was stopped for.
     */
    Set<String> held();

    /**
     * Whether its {@linkplain org.sterna.machine.lease lease} was taken away from it, so that its guest may run elsewhere. Its
     * devices have been detached and its guest stopped, and {@link #why()} says why, until {@link #attach} or {@link #resume} has
     * got a new one.
     */
    default boolean fenced() {
        return ownership() == Ownership.FENCED;
    }

    /**
     * Who may let the guest run.
     *
     * @since 1.4
     */
    Ownership ownership();

    /**
     * Whether the operator wants the guest to run, whatever it does at the moment. It is what {@link #boot()}, {@link #resume()} and
     * {@link #pause()} said last; it travels with the guest and is what decides when an operation or a missing bundle no longer
     * keeps it from running.
     *
     * @since 1.4
     */
    boolean runRequested();

    /**
     * Begins something that nothing else may meet, such as a migration. Until it is closed, whatever would conflict with it is
     * refused with its name: another operation, {@link #change}, {@link #detach}, and, while it holds the guest, {@link #resume()}.
     * Questions are always answered.
     *
     * @param kind     what is begun
     * @param detail   what it is done with, for messages, such as {@code to tcp:127.0.0.1:7000}; may be empty
     * @param patience how long to wait for an operation that is under way; zero not to wait
     * @return the operation; the caller has to close it
     * @throws MachineException if another operation is under way, with which and since when
     * @since 1.4
     */
    Operation begin(Operation.Kind kind, String detail, Duration patience);

    /**
     * The operation that is under way.
     *
     * @since 1.4
     */
    Optional<Operation> operation();

    /**
     * Adds a listener, which is called after an operation has begun or ended, on the thread that did it; it must not take long.
     *
     * @return what removes it
     * @since 1.4
     */
    AutoCloseable onOperation(Runnable listener);

    /**
     * Takes a guest back that was handed over ({@link Ownership#UNCONFIRMED}, {@link Ownership#DEPARTED}), by the operator's word
     * that it does not run at the destination. If it does, it runs twice from then on, and both write to whatever they share. The
     * machine stays paused until {@link #resume()}. Does nothing if the ownership is another.
     *
     * @throws MachineException if a host resource is missing or in use, perhaps by the destination, or if it has been written to since
     *                          the guest was handed over, so that the guest has run there
     * @since 1.4
     */
    void reclaim();

    /**
     * Acquires a {@linkplain org.sterna.machine.lease lease} for what the devices need and attaches them to it, if they are not
     * attached. Until this has been done once the machine can only be closed.
     *
     * @throws MachineException if a resource is missing or in use, no device is attached and no lease held then; or if the guest may
     *                          run elsewhere
     */
    void attach();

    /**
     * Detaches the devices and gives the lease back, so that another process can attach them. The machine must be paused. Does
     * nothing if they are not attached.
     */
    void detach();

    /**
     * Changes a guest property of a device by the operator's word; the {@linkplain #abi() guest ABI} follows. Only a
     * property that its device declares {@linkplain org.sterna.machine.abi.Property#changeable changeable} can be changed,
     * and only while the devices are attached.
     *
     * @param path     the device
     * @param property the property's name
     * @param text     the value as a command line takes it
     * @throws MachineException if there is no such device or property, or the value is not possible
     */
    void change(String path, String property, String text);

    /** Boots the guest. The machine must be created and attached. */
    void boot();

    /**
     * Lets the guest run: after {@link #pause()}, or after all parts have been restored. Devices that are not attached are attached
     * first. If this is refused, the operator's wish is what it was before.
     *
     * @throws MachineException if an operation holds the guest, the guest may run elsewhere, a host resource is missing or in use,
     *                          or a device's bundle has gone
     */
    void resume();

    /**
     * Stops the guest at a safe point, drains all I/O, and stops guest time. If an operation holds the guest, it stays paused when
     * that ends, and a guest that migrates arrives paused.
     *
     * @throws MachineException if I/O is still in flight after a bounded time, the guest is running again then; or if it is too late,
     *                          since the guest is being given away
     */
    void pause();

    /**
     * The request that the guest stands still for, since the host could not carry it out: its device keeps it and tries it again at
     * {@link #resume}. {@link #why()} says the same for people.
     *
     * @return nothing if the machine runs, or stands still for another reason
     * @since 1.4
     */
    default Optional<IoError> ioError() {
        return Optional.empty();
    }

    /**
     * Adds a listener, which is told of requests that the host could not carry out: of each that the guest is stopped for, before
     * it stops, and of others at most once a second for each device. Any thread may call it.
     *
     * @return what removes it
     * @since 1.4
     */
    default AutoCloseable onIoError(Consumer<IoError> listener) {
        return () -> { };
    }

    /**
     * By what the content of its devices' host resources, such as its disks, is known again. All that the guest has written so far has
     * reached them when this returns. The guest is not stopped; if it runs, it may write more meanwhile.
     *
     * @param limit how long that may take
     * @return by device path; devices without such resources are left out
     * @throws MachineException if a resource cannot be looked at, or that takes too long
     * @since 1.4
     */
    default Map<String, List<ContentIdentity>> contents(Duration limit) {
        return Map.of();
    }

    /**
     * What {@link #contents} was when the host resources were last given back for a destination. If the destination does not confirm that
     * it has the guest, this tells whether the guest has run there.
     *
     * @return by device path; empty if nothing has been given back so, or nothing is known
     * @since 1.4
     */
    default Map<String, List<ContentIdentity>> releasedContents() {
        return Map.of();
    }

    /** Declares the parts restored: a created machine becomes a paused one. */
    void restored();

    /**
     * Adds a listener, which is called after each change of phase, on the thread that made it.
     *
     * @return what removes it
     */
    AutoCloseable onPhase(Consumer<Phase> listener);

    /** Stops the guest if it runs, detaches the devices, gives everything back. Not an error when closed. */
    @Override
    void close();
}
