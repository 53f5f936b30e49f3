package org.sterna.migration.internal.negotiation;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.state.StateSchema;

/**
 * What a source declares before anything is sent.
 *
 * @param name       the machine's name at the source
 * @param abi        the guest ABI; null where the sections are of devices without a machine, as of a test kit
 * @param sections   the parts that have state
 * @param regions    the bulk regions
 * @param host       the host properties in force at the source, by path and name
 * @param acceptLoss the fields that the operator gives up, each as {@code /path.field}
 * @param contents   by what the content of the host resources is known again that a saved guest relies on, by path
 */
public record Manifest(String name, AbiDocument abi, List<Section> sections, List<Region> regions,
        Map<String, Map<String, Object>> host, Set<String> acceptLoss, Map<String, List<ContentIdentity>> contents) {
    /** The type of the part that is no bundle's: guest time. */
    private static final String CLOCK = "clock";

    /** That of a guest that does not leave its host resources to what may happen to them meanwhile. */
    public Manifest(String name, AbiDocument abi, List<Section> sections, List<Region> regions,
            Map<String, Map<String, Object>> host, Set<String> acceptLoss) {
        this(name, abi, sections, regions, host, acceptLoss, Map.of());
    }

    /** The same with contents. */
    public Manifest withContents(Map<String, List<ContentIdentity>> identities) {
        return new Manifest(name, abi, sections, regions, host, acceptLoss, identities);
    }

    /** Copies the collections. */
    public Manifest {
        contents = Map.copyOf(contents);
        sections = List.copyOf(sections);
        regions = List.copyOf(regions);
        host = Map.copyOf(host);
        acceptLoss = Set.copyOf(acceptLoss);
    }

    /** Whether the machine has a part with state at a path; without a guest ABI there is nothing that could contradict. */
    boolean has(String path) {
        return abi == null || parts(abi).containsKey(path);
    }

    /** The parts of a machine with some guest ABI that have state: their types, by path. */
    public static SortedMap<String, String> parts(AbiDocument abi) {
        var parts = new TreeMap<String, String>();
        parts.put("/" + CLOCK, CLOCK);
        parts.put("/" + abi.board().type(), abi.board().type());
        for (int i = 0; i < abi.processors(); i++) {
            parts.put("/" + abi.processor().type() + "@" + i, abi.processor().type());
        }
        abi.devices().forEach((path, device) -> parts.put(path, device.type()));
        return parts;
    }

    /**
     * A part that has state.
     *
     * @param path         the part
     * @param type         its type
     * @param version      the version of the bundle that implements it
     * @param schema       the schema of its state
     * @param notDefault   the fields that could be left out if they had their defaults, but do not have them now
     * @param acknowledged the features that a driver has acknowledged
     * @param after        the parts that must be restored before it
     */
    public record Section(String path, String type, String version, StateSchema schema, SortedSet<FieldPath> notDefault,
            Set<String> acknowledged, Set<String> after) {
        /** Copies the sets. */
        public Section {
            notDefault = new TreeSet<>(notDefault);
            acknowledged = Set.copyOf(acknowledged);
            after = Set.copyOf(after);
        }
    }

    /**
     * Paged content.
     *
     * @param name     such as {@code ram}
     * @param base     the guest-physical address of the first byte
     * @param size     in bytes
     * @param pageSize in bytes
     */
    public record Region(String name, long base, long size, int pageSize) {
        /** Guest memory. */
        public static final String RAM = "ram";

        /** It, for messages. */
        public String words() {
            return name + " of " + Long.toUnsignedString(size) + " bytes in pages of " + pageSize + " from address 0x"
                + Long.toHexString(base) + " on";
        }
    }
}
