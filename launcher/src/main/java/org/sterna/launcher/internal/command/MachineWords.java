package org.sterna.launcher.internal.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.PropertyType;

/**
 * What a user says of a machine, on a command line or in a file; null stands for what is not said.
 *
 * @param machineType the machine type or its family
 * @param memory      the text of the size of guest memory
 * @param processors  the text of their number
 * @param devices     the devices
 * @param board       properties of the board
 * @param processor   properties of the processors
 * @param kernel      a file
 * @param initrd      a file
 * @param append      the kernel's command line
 * @param bios        a file
 */
record MachineWords(String machineType, String memory, String processors, List<DeviceDefinition> devices,
        Map<String, String> board, Map<String, String> processor, String kernel, String initrd, String append, String bios) {
    /** The size of guest memory. */
    static final PropertyType<Long> MEMORY = new PropertyType.Size(4096, 1L << 46, 4096);
    private static final String CONSOLE = "serial";

    /** The machine that is meant. */
    MachineDefinition definition(String name) {
        var chosen = new ArrayList<>(devices);
        if (chosen.stream().noneMatch(device -> device.type().equals(CONSOLE))) {
            chosen.add(new DeviceDefinition(CONSOLE, Map.of("backend", "stdio")));
        }
        var boardProperties = new LinkedHashMap<>(board);
        put(boardProperties, "kernel", kernel);
        put(boardProperties, "initrd", initrd);
        put(boardProperties, "append", append);
        put(boardProperties, "bios", bios);
        if (bios != null) {
            // What takes the place of the firmware built in is visible to the guest, so it is part of the guest ABI.
            boardProperties.putIfAbsent("firmware", "image");
        }
        return new MachineDefinition(name, machineType == null ? "virt" : machineType, memory(memory == null ? "256M" : memory),
            Math.toIntExact(parse("--processors", processors == null ? "1" : processors, new PropertyType.Number(1, 512))),
            boardProperties, processor, chosen);
    }

    /** Adds a property that must not have been given before. */
    static void put(Map<String, String> properties, String name, String value) {
        if (value != null && properties.putIfAbsent(name, value) != null) {
            throw MachineException.usage(name, "", "it is given twice", "give it once");
        }
    }

    /** The size of guest memory that a text gives. */
    static long memory(String text) {
        return parse("--memory", text, MEMORY);
    }

    private static long parse(String option, String text, PropertyType<Long> type) {
        try {
            return type.parse(text);
        } catch (IllegalArgumentException e) {
            throw MachineException.usage(option, "", e.getMessage(), "");
        }
    }
}
