package org.sterna.machine;

import java.util.List;
import java.util.Map;

/**
 * A machine as a user asks for it.
 *
 * @param name        the machine's name in this process
 * @param machineType the name of a machine type, or the alias of a family
 * @param memory      the size of guest memory in bytes
 * @param processors  the number of processors
 * @param board       the text of each property of the board that was given
 * @param processor   the text of each property of the processors that was given
 * @param devices     the devices; the n-th of its type gets the path {@code /TYPE@n}
 */
public record MachineDefinition(String name, String machineType, long memory, int processors, Map<String, String> board,
        Map<String, String> processor, List<DeviceDefinition> devices) {
    /** Copies the collections. */
    public MachineDefinition {
        board = Map.copyOf(board);
        processor = Map.copyOf(processor);
        devices = List.copyOf(devices);
    }
}
