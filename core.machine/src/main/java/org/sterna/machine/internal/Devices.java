package org.sterna.machine.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.text.DurationText;

/** The devices of one machine, in their slots. Its life cycle calls them all at once, under its lock. */
final class Devices {
    private Maker maker;
    private final MmioBus bus;
    private volatile Map<String, Occupant> slots = Map.of();

    /** Forgets them, and their board. */
    void forget() {
        slots.values().forEach(occupant -> bus.unmap(occupant.path()));
        slots = Map.of();
        maker = null;
    }

    /** None yet; they will be made by a maker and answer on a bus. */
    Devices(Maker maker, MmioBus bus) {
        this.maker = maker;
        this.bus = bus;
    }

    /** What makes devices for a board. */
    record Maker(Board<?> board, String boardType, DeviceHost host) {
        /**
         * Makes a device for its slot.
         *
         * @throws MachineException if the board has no slot for it, or it refuses its properties
         */
        DeviceSlot make(String path, Blueprint.DeviceBlueprint device) {
            String kind = device.installed().guarded(DeviceFactory.class, path).slot();
            Board.Slot slot = board.slot(kind, device.slot());
            if (slot == null) {
                throw MachineException.usage(path, "", "the board " + boardType + " has no "
                    + (board.slotKinds().contains(kind) ? "more slots" : "slot") + " of the kind " + kind,
                    "leave the device out");
            }
            var made = new DeviceSlot(path, device, slot, host);
            if (made.registerBytes() > slot.size()) {
                throw MachineException.failed(path, "", made.implementation() + " has " + made.registerBytes()
                    + " bytes of registers, and its slot has room for " + slot.size(), "this is a defect of its bundle");
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
     * @param lost takes why the state of one could not be kept; that one is not in its slot any more either
     * @return what was let go of
     */
    List<DeviceSlot> hold(DeviceFactory factory, List<Reason> lost) {
        var gone = live().filter(device -> device.installed().factory() == factory).toList();
        for (DeviceSlot device : gone) {
            try {
                put(HeldDevice.of(device));
            } catch (MachineException e) {
                lost.addAll(e.reasons());
                put(HeldDevice.lost(device));
            }
            device.retire();
        }
        return gone;
    }

    /** Whether it is in its slot. */
    boolean has(DeviceSlot device) {
        return slots.get(device.path()) == device;
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

    /** By what the content of their host resources is known again. */
    Map<String, List<ContentIdentity>> contents(Duration limit) {
        return ContentQuery.of(live().collect(Collectors.toMap(DeviceSlot::path, DeviceSlot::contents))).answers(limit);
    }

    /**
     * Attaches all of them or, if one refuses or takes too long, none. One that has taken too long is detached when it returns, see
     * {@link #whenNothingIsTaken}.
     */
    void attach() {
        long deadline = System.nanoTime() + limits().host().toNanos();
        var done = new ArrayList<DeviceSlot>();
        boolean all = false;
        try {
            for (DeviceSlot device : live().toList()) {
                device.attach(until(deadline));
                done.add(device);
                requireComplete(device);
            }
            all = true;
        } finally {
            if (!all) {
                detach(done);
            }
        }
    }

    private CallLimits limits() {
        return maker.host().limits();
    }

    /** Each device gets a little time in any case. */
    private Duration until(long deadline) {
        Duration left = Duration.ofNanos(deadline - System.nanoTime());
        return left.compareTo(limits().look()) > 0 ? left : limits().look();
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
        detach(live().toList());
    }

    private void detach(List<DeviceSlot> those) {
        long deadline = System.nanoTime() + limits().host().toNanos();
        each(those, device -> device.detach(until(deadline)));
    }

    /** Calls each of them, whatever goes wrong with one, and then says so. */
    private static void each(List<DeviceSlot> those, Consumer<DeviceSlot> call) {
        RuntimeException failure = null;
        for (DeviceSlot device : those) {
            try {
                call.accept(device);
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Why some of them cannot be called now: a call has not returned. */
    List<Reason> overdue() {
        return live().flatMap(device -> device.overdue().stream()).toList();
    }

    /** Why the states of some are not whole: I/O does not return. */
    List<Reason> stalled() {
        return live().flatMap(device -> device.stalled().stream()).toList();
    }

    /** Does something when none of them has a call overdue that may take something; at once if that is so. It must not block. */
    void whenNothingIsTaken(Runnable action) {
        Stragglers.after(live().toList(), DeviceSlot::whenNothingIsTaken, action);
    }

    /** Does something when none of them does anything any more; at once if that is so. It must not block. */
    void whenQuiet(Runnable action) {
        Stragglers.after(live().toList(), DeviceSlot::whenQuiet, action);
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
     * After some of them have been started and one could not be, or a part of guest memory is lost: those that can come
     * to rest.
     */
    void quiesceStarted() {
        try {
            each(live().toList(), device -> device.quiesce(limits().quiesce()));
        } catch (MachineException e) {
            // It has been logged, and what came before is what counts.
        }
    }

    /**
     * Brings all I/O to its end, and every state into one piece.
     *
     * @throws MachineException if I/O is still in flight, or a device has not come to rest, after a bounded time
     */
    void quiesce() {
        long deadline = System.nanoTime() + limits().quiesce().toNanos();
        drain(deadline);
        live().forEach(device -> device.quiesce(until(deadline)));
        // What a device does to quiesce may itself be I/O.
        drain(deadline);
    }

    /**
     * Brings those to rest whose I/O returns.
     *
     * @throws MachineException if another has not come to rest after a bounded time
     */
    void quiesceUnlessStalled() {
        long deadline = System.nanoTime() + limits().quiesce().toNanos();
        var rest = live().filter(device -> device.stalled().isEmpty()).toList();
        drain(rest, deadline);
        rest.forEach(device -> device.quiesce(until(deadline)));
        drain(rest, deadline);
    }

    private void drain(long deadline) {
        drain(live().toList(), deadline);
    }

    private void drain(List<DeviceSlot> those, long deadline) {
        those.forEach(device -> {
            if (!device.drain(deadline)) {
                throw MachineException.failed(device.path(), "", "I/O is still in flight after "
                    + DurationText.of(limits().quiesce()), "look at the device's back end");
            }
        });
    }
}
