package org.sterna.machine.device;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.IoError;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Property;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.time.GuestClock;

/**
 * What a device is given. A device makes no threads of its own and never takes guest time from the host's clock.
 * Unless said otherwise, methods may be called from any thread.
 */
@ProviderType
public interface DeviceContext {
    /** The stable path of the device, such as {@code /virtio-blk@0}. */
    String path();

    /** The ABI version that the machine type gives the device. */
    AbiVersion abi();

    /**
     * The value of one of the model's properties, guest or host.
     *
     * @return the value, or null if the property has no default and the user gave none
     */
    <T> T get(Property<T> property);

    /**
     * Records a value that was read off the host for a guest property that the user left open (a disk's capacity). It
     * may be called only from {@link Device#attach}; from then on the value is part of the guest ABI, and at a later
     * attach, here or after a migration, {@link #get} gives the recorded value.
     */
    <T> void lock(Property<T> property, T value);

    /**
     * Records what a host property comes down to that was left to the device, such as a format that it was to find out. From
     * then on {@link #get} gives that value, and whoever goes on with the guest, a destination, a snapshot's reader or a
     * successor in this process, gets it instead of what the user gave. It may be called at any time.
     *
     * @param property a host property of the model that can be {@linkplain Property#undecided left} to the device
     * @since 1.4
     */
    default <T> void settle(Property<T> property, T value) {
        throw new UnsupportedOperationException("nothing here keeps " + property.name());
    }

    /** Guest memory, for direct memory access. */
    GuestMemory memory();

    /**
     * The account of what the device holds because of its guest: a device that keeps something whose size the guest decides
     * counts it here, and takes nothing more from the guest while the account is {@linkplain HostMemoryAccount#exhausted()
     * exhausted}. What is in the queues of a virtio device is counted by its transport.
     *
     * @return always the same account in a machine; elsewhere, such as on a bench that does not know of accounts, a new one
     *         with much room
     * @since 1.4
     */
    default HostMemoryAccount hostMemory() {
        return new HostMemoryAccount(() -> 32 << 20);
    }

    /** The device's interrupt line. */
    InterruptLine interrupt();

    /** Guest time, wall clock and blackout. */
    GuestClock clock();

    /** The frequency of the guest's time counter in Hz; the counter is {@code clock().now()} in that unit, rounded down. */
    long timebase();

    /**
     * A timer in guest time, not armed. Its action is serialized with all other calls of the device, and does not run
     * while the machine is paused.
     */
    GuestClock.Timer timer(Runnable action);

    /**
     * Does something that may block on the host, such as a disk request. The machine counts it as I/O in flight: a pause
     * waits for it and for its completion before it calls {@link Device#quiesce}.
     *
     * <p>It is done by threads of this machine that nobody else uses. Of one device 16 pieces of I/O are done at once at most, of all
     * devices of a machine 64, but of each that has some waiting at least one; the others wait, in the order in which they were
     * submitted. If this host cannot start a thread for some that waits, it fails after five seconds. How much waits is the
     * device's affair: it takes no more from its guest than it can count (see {@link #hostMemory()}).
     *
     * @param io         runs on one of these threads, which is never interrupted, not serialized; must not touch the device's fields
     * @param completion runs afterwards, serialized, with the exception that {@code io} threw, or null; an
     *                   {@link java.io.IOException} if {@code io} could not be run at all
     */
    void submit(BlockingIo io, Consumer<Exception> completion);

    /**
     * Tells the operator of a request that the host could not carry out. If its {@linkplain IoError#action action} is to stop, the
     * machine pauses soon, on a thread of its own: the device keeps the request, brings it into what its state or guest memory holds in
     * {@link Device#quiesce}, so that it goes along in a migration or a snapshot, and tries it again in {@link Device#start}. Until
     * then the guest may go on for a moment.
     *
     * @since 1.4
     */
    default void ioFailed(IoError error) {
        throw new UnsupportedOperationException("nobody here can be told of " + error);
    }

    /**
     * Runs something that waits for the outside for an unlimited time, such as a reader of the console. It runs on a
     * thread of its own from now until it returns or until it is told to end; a pause does not wait for it. What it
     * receives it hands to the device through {@link #serialized}.
     *
     * <p>It is told to end by an interrupt of its thread, just before the device is {@linkplain Device#detach detached} or
     * {@linkplain Device#passOn passes on} its connections. An interrupt closes a channel that the thread is blocked in; a
     * reader of a channel that is to be passed on therefore waits in a {@link java.nio.channels.Selector}, which is left
     * open. Whatever a reader throws after it was told to end is ignored. What it throws before that is a fault of the
     * device, and ends the guest: a reader whose other end has gone catches that and returns.
     *
     * @throws org.sterna.machine.MachineException if 64 readers of the device have not ended yet, or this host cannot start
     *                                             another thread
     */
    void background(BlockingIo io);

    /**
     * Runs an action on this thread, serialized with all other calls of the device, and waits for the guest to run before.
     * Must not be called by the device. When a {@linkplain #background reader} calls it that has been told to end, the
     * action does not run, and the thread is left interrupted.
     */
    void serialized(Runnable action);

    /** An action that may block. */
    @FunctionalInterface
    interface BlockingIo {
        /** Does it. */
        void run() throws Exception;
    }
}
