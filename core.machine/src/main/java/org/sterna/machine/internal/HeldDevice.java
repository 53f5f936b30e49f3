package org.sterna.machine.internal;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.osgi.framework.Version;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateSchema;

/**
 * What is kept of a device whose bundle has gone: all that another implementation needs to go on with it. Nothing in it belongs to
 * the bundle, so that its classes can go too.
 *
 * @param whole whether its state is kept
 */
record HeldDevice(String path, int number, Board.Slot slot, long registerBytes, PartAbi abiPart, Map<String, Object> host,
        Version version, StateSchema schema, Set<String> acknowledged, SortedMap<Long, Object> state, boolean whole)
        implements Occupant {
    /**
     * Keeps a device that is quiesced.
     *
     * @throws org.sterna.machine.MachineException if it cannot say its state
     */
    static HeldDevice of(DeviceSlot device) {
        Part part = device.part(Set.of());
        return of(device, part.acknowledged(), part.state(), true);
    }

    /** Keeps the place of a device whose state is lost. */
    static HeldDevice lost(DeviceSlot device) {
        return of(device, Set.of(), new TreeMap<>(), false);
    }

    private static HeldDevice of(DeviceSlot device, Set<String> acknowledged, SortedMap<Long, Object> state, boolean whole) {
        Part part = device.part(Set.of());
        return new HeldDevice(device.path(), device.number(), device.slot(), device.registerBytes(), device.abiPart(),
            Map.copyOf(device.host()), part.version(), part.schema(), Set.copyOf(acknowledged),
            Collections.unmodifiableSortedMap(new TreeMap<>(state)), whole);
    }

    @Override
    public String implementation() {
        return schema.type() + " " + version;
    }

    @Override
    public boolean hasHostProperty(String name) {
        return host.containsKey(name);
    }

    /** Why the guest cannot run. */
    Reason missing() {
        return whole ? Reason.of(path, "its bundle " + implementation() + " has gone; its state is kept",
            "install it again, or another version that can take its state")
            : Reason.of(path, "its bundle " + implementation() + " has gone; its state is lost", "");
    }

    /** The same for a line of status. */
    String gone() {
        return new Reason(path, "", missing().cause(), "").toString();
    }

    @Override
    public Part part(Set<String> after) {
        return new HeldPart(this, after);
    }

    /** It as a part: it can be looked at and sent away, not changed. */
    private record HeldPart(HeldDevice device, Set<String> after) implements Part {
        @Override
        public String path() {
            return device.path;
        }

        @Override
        public String type() {
            return device.schema.type();
        }

        @Override
        public Version version() {
            return device.version;
        }

        @Override
        public StateSchema schema() {
            return device.schema;
        }

        @Override
        public Set<String> acknowledged() {
            return device.acknowledged;
        }

        @Override
        public SortedMap<Long, Object> state() {
            return device.state;
        }

        @Override
        public void restore(Map<Long, Object> state) throws StateException {
            throw new StateException("", "its bundle " + device.implementation() + " has gone");
        }
    }
}
