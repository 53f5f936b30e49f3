package org.sterna.machine;

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
     * devices have been detached and its guest stopped, and {@link #why()} says why, until {@link #attach} has got a new one.
     */
    boolean fenced();

    /**
     * Acquires a {@linkplain org.sterna.machine.lease lease} for what the devices need and attaches them to it, if they are not
     * attached. Until this has been done once the machine can only be closed.
     *
     * @throws MachineException if a resource is missing or in use; no device is attached and no lease held then
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
     * Lets the guest run: after {@link #pause()}, or after all parts have been restored. The devices must be attached.
     *
     * @throws MachineException if the machine is {@linkplain #fenced() fenced}
     */
    void resume();

    /**
     * Stops the guest at a safe point, drains all I/O, and stops guest time. Does nothing if it is not running.
     *
     * @throws MachineException if I/O is still in flight after a bounded time; the guest is running again then
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
