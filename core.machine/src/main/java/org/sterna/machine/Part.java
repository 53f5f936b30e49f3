package org.sterna.machine;

import org.osgi.annotation.versioning.ProviderType;
import org.osgi.framework.Version;
import org.sterna.machine.abi.Model;
import org.sterna.machine.state.StateException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.sterna.machine.state.StateSchema;

/** A part of a machine that has state: the clock, the board, a processor or a device. */
@ProviderType
public interface Part {
    /** Its stable path, such as {@code /virtio-blk@0}. */
    String path();

    /** Its type. */
    String type();

    /** What its bundle implements; nothing if it is no bundle's but the machine's own, as the clock is. */
    default Optional<Model> model() {
        return Optional.empty();
    }

    /** The version of the bundle that implements it. */
    Version version();

    /** The schema of its state. */
    StateSchema schema();

    /** The paths of the parts that are restored before it. */
    Set<String> after();

    /** The names of the features that a driver has acknowledged. */
    Set<String> acknowledged();

    /** Its state as a tree, see {@link org.sterna.machine.state.StateType}. Whole if the machine is paused, else a glimpse. */
    SortedMap<Long, Object> state();

    /**
     * Takes over a state. The machine must be paused.
     *
     * @throws StateException if the tree does not fit the schema or the part refuses it
     */
    void restore(Map<Long, Object> state) throws StateException;
}
