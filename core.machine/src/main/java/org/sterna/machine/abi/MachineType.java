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
}
