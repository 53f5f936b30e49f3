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
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.sterna.machine.IoError;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.time.GuestClock;

/** The devices of one machine, in their slots. Its life cycle calls them all at once, under its lock. */
final class Devices {
    private static final long DRAIN_SECONDS = 10;

    private final Maker maker;
    private final MmioBus bus;
    private volatile Map<String, Occupant> slots = Map.of();

    /** None yet; they will be made by a maker and answer on a bus. */
    Devices(Maker maker, MmioBus bus) {
        this.maker = maker;
        this.bus = bus;
    }

    /**
     * What makes devices for a board.
     *
     * @param onFault   takes the path of a device that has thrown, and what it threw
     * @param onIoError takes each request that the host could not carry out
     */
    record Maker(Board<?> board, String boardType, GuestMemory memory, HostMemoryBudget hostMemory,
            GuestClock clock, BiConsumer<String, Throwable> onFault, Consumer<IoError> onIoError) {
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
            var made = new DeviceSlot(path, device, slot, memory, hostMemory, clock, board.timebase(), onFault, onIoError);
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
    DeviceSlot makeOther(String path, Installed<DeviceFactory> installed, Map<String, Object> host) {
        Occupant old = get(path);
        DeviceSlot other = maker.make(path, old.blueprint(installed, host));
        if (other.slot().base() != old.slot().base() || other.registerBytes() != old.registerBytes()) {
            throw MachineException.failed(path, "", other.implementation() + " has other registers than " + old.implementation(),
                "this is a defect of one of the bundles");
        }
        return other;
    }

    /** Puts something into its slot, in the place of what is there. Nothing may reach the slot meanwhile. */
    void put(Occupant occupant) {
        if (slots.get(occupant.path()) instanceof DeviceSlot old) {
            old.disconnect();
            bus.unmap(occupant.path());
        }
        var changed = new LinkedHashMap<>(slots);
        changed.put(occupant.path(), occupant);
        slots = Collections.unmodifiableMap(changed);
        if (occupant instanceof DeviceSlot device) {
            bus.map(new MmioBus.Region(device.path(), device.slot().base(), device.registerBytes(), device));
            device.connect();
        }
    }

    /**
     * Keeps the states of the devices of a factory that goes away, and lets go of everything else of them. They are quiesced.
     *
     * @return what was let go of
     */
    List<DeviceSlot> hold(DeviceFactory factory) {
        var gone = live().filter(device -> device.installed().factory() == factory).toList();
        for (DeviceSlot device : gone) {
            put(HeldDevice.of(device));
            device.retire();
        }
        return gone;
    }

    /** Whether one of them is of a factory. */
    boolean has(DeviceFactory factory) {
        return live().anyMatch(device -> device.installed().factory() == factory);
    }

    /** Those whose bundle has gone. */
    List<HeldDevice> held() {
        return slots.values().stream().filter(HeldDevice.class::isInstance).map(HeldDevice.class::cast).toList();
    }

    private Stream<DeviceSlot> live() {
        return slots.values().stream().filter(DeviceSlot.class::isInstance).map(DeviceSlot.class::cast);
    }

    /**
     * What is in the slot of a device.
     *
     * @throws MachineException if there is no such device
     */
    Occupant get(String path) {
        Occupant occupant = slots.get(path);
        if (occupant == null) {
            throw MachineException.usage(path, "", "no such device", Nearest.remedy(path, slots.keySet()));
        }
        return occupant;
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
        return live().map(DeviceSlot::placed).toList();
    }

    /** The host properties of each device, by path. */
    Map<String, Map<String, Object>> hostSettings() {
        var settings = new TreeMap<String, Map<String, Object>>();
        slots.forEach((path, device) -> settings.put(path, device.host()));
        return settings;
    }

    /** What all of them need, and what those need that will take the place of the held ones. */
    List<Resource> claims() {
        return Stream.concat(live().flatMap(device -> device.claims().stream()),
            held().stream().flatMap(device -> Claims.guessed(device.path(), device.host()).stream())).toList();
    }

    /** Attaches all of them or, if one refuses, none. */
    void attach() {
        var done = new ArrayList<DeviceSlot>();
        boolean all = false;
        try {
            for (DeviceSlot device : live().toList()) {
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
        for (DeviceSlot device : live().toList()) {
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
        if (!(get(path) instanceof DeviceSlot device)) {
            throw MachineException.failed(path, property, "its bundle has gone", "install it again");
        }
        device.change(property, text);
    }

    void reset() {
        live().forEach(DeviceSlot::reset);
    }

    void start() {
        live().forEach(DeviceSlot::start);
    }

    /**
     * Brings all I/O to its end, and every state into one piece.
     *
     * @throws MachineException if I/O is still in flight after a bounded time
     */
    void quiesce() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DRAIN_SECONDS);
        drain(deadline);
        live().forEach(DeviceSlot::quiesce);
        // What a device does to quiesce may itself be I/O.
        drain(deadline);
    }

    private void drain(long deadline) {
        live().forEach(device -> {
            if (!device.drain(deadline)) {
                throw MachineException.failed(device.path(), "", "I/O is still in flight after " + DRAIN_SECONDS + " seconds",
                    "look at the device's back end");
            }
        });
    }
}
