package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.time.GuestClock;

/** The devices of one machine, in their slots. Its life cycle calls them all at once, under its lock. */
final class Devices {
    private static final long DRAIN_SECONDS = 10;

    private final Maker maker;
    private final MmioBus bus;
    private volatile Map<String, DeviceSlot> slots = Map.of();

    /** None yet; they will be made by a maker and answer on a bus. */
    Devices(Maker maker, MmioBus bus) {
        this.maker = maker;
        this.bus = bus;
    }

    /**
     * What makes devices for a board.
     *
     * @param onFault takes the path of a device that has thrown, and what it threw
     */
    record Maker(Board<?> board, String boardType, GuestMemory memory, GuestClock clock, BiConsumer<String, Throwable> onFault) {
        /**
         * Makes a device for its slot.
         *
         * @throws MachineException if the board has no slot for it, or it refuses its properties
         */
        DeviceSlot make(String path, Blueprint.DeviceBlueprint device) {
            String kind = device.installed().factory().slot();
            Board.Slot slot = board.slot(kind, device.slot());
            if (slot == null) {
                throw MachineException.usage(path, "", "the board " + boardType + " has no "
                    + (board.slotKinds().contains(kind) ? "more slots" : "slot") + " of the kind " + kind,
                    "leave the device out");
            }
            var made = new DeviceSlot(path, device, slot, memory, clock, board.timebase(), onFault);
            if (made.registerBytes() > slot.size()) {
                throw new IllegalStateException(path + " has more registers than its slot has room for");
            }
            return made;
        }
    }

    /**
     * Makes the devices and puts them on the bus.
     *
     * @throws MachineException if the board has no slot for a device, or a device refuses its properties
     */
    void create(Map<String, Blueprint.DeviceBlueprint> blueprints) {
        blueprints.forEach((path, device) -> put(maker.make(path, device)));
    }

    /** Makes another implementation of a device, for the same slot. */
    DeviceSlot makeOther(String path, Installed<DeviceFactory> installed) {
        DeviceSlot old = get(path);
        DeviceSlot other = maker.make(path, old.blueprint(installed));
        if (other.slot().base() != old.slot().base() || other.registerBytes() != old.registerBytes()) {
            throw MachineException.failed(path, "", installed.model().type() + " " + installed.version()
                + " has other registers than " + old.installed().version(), "this is a defect of one of the bundles");
        }
        return other;
    }

    /** Puts a device into its slot, in the place of another if there is one. Nothing may reach the slot meanwhile. */
    void put(DeviceSlot device) {
        DeviceSlot old = slots.get(device.path());
        if (old != null) {
            old.disconnect();
            bus.unmap(device.path());
        }
        bus.map(new MmioBus.Region(device.path(), device.slot().base(), device.registerBytes(), device));
        var changed = new LinkedHashMap<>(slots);
        changed.put(device.path(), device);
        slots = Collections.unmodifiableMap(changed);
        device.connect();
    }

    /**
     * The device at a path.
     *
     * @throws MachineException if there is none
     */
    DeviceSlot get(String path) {
        DeviceSlot device = slots.get(path);
        if (device == null) {
            throw MachineException.usage(path, "", "no such device", Nearest.remedy(path, slots.keySet()));
        }
        return device;
    }

    /** The guest ABI of each, by path, as far as it has been fixed by now. */
    SortedMap<String, PartAbi> abi() {
        var abi = new TreeMap<String, PartAbi>();
        slots.forEach((path, device) -> abi.put(path, device.abiPart()));
        return abi;
    }

    List<Part> parts(Set<String> after) {
        return slots.values().stream().map(device -> device.part(after)).toList();
    }

    List<Board.Placed> placed() {
        return slots.values().stream().map(DeviceSlot::placed).toList();
    }

    /** The host properties of each device, by path. */
    Map<String, Map<String, Object>> hostSettings() {
        var settings = new TreeMap<String, Map<String, Object>>();
        slots.forEach((path, device) -> settings.put(path, device.configuration().host()));
        return settings;
    }

    /** Attaches all of them or, if one refuses, none. */
    void attach() {
        var done = new ArrayList<DeviceSlot>();
        boolean all = false;
        try {
            for (DeviceSlot device : slots.values()) {
                device.attach();
                done.add(device);
                requireComplete(device);
            }
            all = true;
        } finally {
            if (!all) {
                done.forEach(DeviceSlot::detach);
            }
        }
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

    /** Detaches every device, whatever goes wrong with one of them, and then says so. */
    void detach() {
        RuntimeException failure = null;
        for (DeviceSlot device : slots.values()) {
            try {
                device.detach();
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Changes a guest property by the operator's word. */
    void change(String path, String property, String text) {
        get(path).change(property, text);
    }

    void reset() {
        slots.values().forEach(DeviceSlot::reset);
    }

    void start() {
        slots.values().forEach(DeviceSlot::start);
    }

    /**
     * Brings all I/O to its end, and every state into one piece.
     *
     * @throws MachineException if I/O is still in flight after a bounded time
     */
    void quiesce() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DRAIN_SECONDS);
        drain(deadline);
        slots.values().forEach(DeviceSlot::quiesce);
        // What a device does to quiesce may itself be I/O.
        drain(deadline);
    }

    private void drain(long deadline) {
        slots.forEach((path, device) -> {
            if (!device.drain(deadline)) {
                throw MachineException.failed(path, "", "I/O is still in flight after " + DRAIN_SECONDS + " seconds",
                    "look at the device's back end");
            }
        });
    }
}
