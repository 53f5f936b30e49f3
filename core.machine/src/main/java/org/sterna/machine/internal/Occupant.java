package org.sterna.machine.internal;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.sterna.machine.Part;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.DeviceFactory;

/** What is in a slot of the board: a device, or the state of one whose bundle has gone. */
sealed interface Occupant permits DeviceSlot, HeldDevice {
    /** The device's path. */
    String path();

    /** The number of the slot among those of its kind. */
    int number();

    /** Where the slot is. */
    Board.Slot slot();

    /** The size of the registers in bytes. */
    long registerBytes();

    /** Type and version of what implements it, or did. */
    String implementation();

    /** Its guest ABI, as far as it has been fixed by now. */
    PartAbi abiPart();

    /** Its host properties, by name. */
    Map<String, Object> host();

    /** Whether it has a host property of a name, be it without a value. */
    boolean hasHostProperty(String name);

    /** Whether a device takes the same host resources: every host property that both have has the same value. */
    default boolean takesTheSameAs(DeviceSlot other) {
        Map<String, Object> wanted = other.configuration().hostWith(host());
        return Stream.concat(host().keySet().stream(), wanted.keySet().stream())
            .filter(name -> hasHostProperty(name) && other.hasHostProperty(name))
            .allMatch(name -> Objects.equals(host().get(name), wanted.get(name)));
    }

    /** It as a part of the machine. */
    Part part(Set<String> after);

    /**
     * What another implementation is made from.
     *
     * @throws IllegalArgumentException if a host property does not fit
     */
    default Blueprint.DeviceBlueprint blueprint(Installed<DeviceFactory> other, Map<String, Object> properties) {
        return new Blueprint.DeviceBlueprint(other, Configuration.ofPart(other.model(), abiPart(), properties), number());
    }
}
