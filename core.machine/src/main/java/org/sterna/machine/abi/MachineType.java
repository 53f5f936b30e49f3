package org.sterna.machine.abi;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

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
    private static final Set<String> FIELDS = Set.of("family", "version", "board", "processor", "abi");

    /** Checks the names and copies the table. */
    public MachineType {
        Stream.concat(Stream.of(family, board, processor), abi.keySet().stream())
            .filter(part -> !part.matches(Model.NAME)).findFirst().ifPresent(part -> {
                throw new IllegalArgumentException("machine type " + name + ": not a name: '" + part + "'");
            });
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
        root.entries().keySet().stream().filter(name -> !FIELDS.contains(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException("a machine type has no '" + name + "'");
        });
        var abi = new TreeMap<String, AbiVersion>();
        root.get("abi").entries().forEach((type, version) -> abi.put(type, version(version)));
        return of(root.get("family").text(), version(root.get("version")), root.get("board").text(),
            root.get("processor").text(), abi);
    }

    private static AbiVersion version(JsonNode node) {
        try {
            return AbiVersion.parse(node.text());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(node.place() + ": " + e.getMessage(), e);
        }
    }
}
