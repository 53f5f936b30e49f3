package org.sterna.machine.board;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.Reason;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.state.Stateful;

/**
 * A board: what connects processors, memory and devices, with the interrupt controllers and timers that are wired to it.
 * Register accesses come from any processor's thread, so a board does its own locking; the methods here are called
 * while no processor runs, except {@link #state()}.
 *
 * @param <S> the record that is its state
 */
@ConsumerType
public interface Board<S extends Record> extends Stateful<S> {
    /** The frequency of the guest's time counter in Hz. */
    long timebase();

    /** The firmware that it has built in, or null if it was told to run the guest's own. */
    EnvironmentCalls environment();

    /**
     * Reports what would make {@link #boot} fail, as far as it can be told by looking: a kernel or firmware image that is missing, or
     * not this user's. A destination asks it of a board that it has made from a manifest, without processors and with some other
     * guest memory, before the source's guest is touched: a guest that has arrived must be able to restart. So it takes, creates and
     * changes nothing.
     *
     * @return every reason, with the board's path as its subject and the host property that it is about as its item
     * @since 1.3
     */
    default List<Reason> obstacles() {
        return List.of();
    }

    /** Gives it the processors, once, before anything runs. */
    void connect(List<Processor<?>> processors);

    /**
     * A place for a device.
     *
     * @param kind  what the device's factory says, such as {@code virtio-mmio}
     * @param index the number of the device among those of its kind, from 0
     * @return the place, or null if the board has none of that kind left
     */
    Slot slot(String kind, int index);

    /** The kinds of slots that it has, for messages. */
    List<String> slotKinds();

    /**
     * A place for a device.
     *
     * @param base      the guest-physical address of its registers
     * @param size      the room for them in bytes
     * @param interrupt its interrupt line
     */
    record Slot(long base, long size, InterruptLine interrupt) {
    }

    /**
     * A device that has been put into a slot.
     *
     * @param path the device's path
     * @param slot where it is
     * @param node what it is
     */
    record Placed(String path, Slot slot, DeviceNode node) {
    }

    /**
     * Brings itself and guest memory into the state after power-on, with everything that the guest finds there, and boots
     * the first processor. Processors and devices have been reset.
     *
     * @throws org.sterna.machine.MachineException if a boot image cannot be read or does not fit
     */
    void boot(List<Placed> devices);
}
