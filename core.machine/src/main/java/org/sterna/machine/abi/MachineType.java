package org.sterna.machine.abi;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A named, versioned, frozen board: a table of ABI versions.
 *
 * @param name      such as {@code virt-1.0}
 * @param family    the alias that stands for the newest of a family, such as {@code virt}
 * @param version   orders the types of a family
 * @param board     the type of the board
 * @param processor the type of the processors
 * @param abi       the ABI version of each type, of devices, board and processor
 */
public record MachineType(String name, String family, AbiVersion version, String board, String processor,
        SortedMap<String, AbiVersion> abi) {
    /** Copies the table. */
    public MachineType {
        abi = Collections.unmodifiableSortedMap(new TreeMap<>(abi));
        for (String type : new String[] {board, processor}) {
            if (!abi.containsKey(type)) {
                throw new IllegalArgumentException("machine type " + name + " gives no ABI version for " + type);
            }
        }
    }

    /** A machine type from its table. */
    public static MachineType of(String family, AbiVersion version, String board, String processor,
            Map<String, AbiVersion> abi) {
        return new MachineType(family + "-" + version, family, version, board, processor, new TreeMap<>(abi));
    }

    /**
     * Reads the data file of a machine type: a JSON object with {@code family}, {@code version}, {@code board},
     * {@code processor} and {@code abi}.
     *
     * @throws IllegalArgumentException if the text is anything else; the message says what and where
     */
    public static MachineType fromJson(String json) {
        JsonNode root = JsonNode.read("machine type", json);
        var abi = new TreeMap<String, AbiVersion>();
        root.get("abi").entries().forEach((type, version) -> abi.put(type, AbiVersion.parse(version.text())));
        return of(root.get("family").text(), AbiVersion.parse(root.get("version").text()), root.get("board").text(),
            root.get("processor").text(), abi);
    }
}
