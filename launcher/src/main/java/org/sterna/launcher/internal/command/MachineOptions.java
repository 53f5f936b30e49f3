package org.sterna.launcher.internal.command;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.PropertyType;
import picocli.CommandLine.Option;

/** What a machine is made of. */
final class MachineOptions {
    /** The size of guest memory. */
    static final PropertyType<Long> MEMORY = new PropertyType.Size(4096, 1L << 46, 4096);
    private static final String CONSOLE = "serial";

    @Option(names = "--machine", paramLabel = "TYPE", defaultValue = "virt",
        description = "The machine type, or the family for its newest one (default: virt).")
    private String machineType;
    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = "256M", description = "Guest memory (default: 256M).")
    private String memory;
    @Option(names = "--processors", paramLabel = "N", defaultValue = "1", description = "Processors (default: 1).")
    private String processors;
    @Option(names = "--device", paramLabel = "TYPE[,PROPERTY=VALUE...]",
        description = "A device; may be repeated. Without a serial device there is one on standard input and output.")
    private List<String> devices = List.of();
    @Option(names = "--board", paramLabel = "PROPERTY=VALUE[,...]",
        description = "Properties of the board, see ./sterna device help BOARD; may be repeated.")
    private List<String> board = List.of();
    @Option(names = "--processor", paramLabel = "PROPERTY=VALUE[,...]",
        description = "Properties of the processors, see ./sterna device help PROCESSOR; may be repeated.")
    private List<String> processor = List.of();
    @Option(names = "--kernel", paramLabel = "FILE", description = "The kernel: a RISC-V Linux image or an ELF file.")
    private String kernel;
    @Option(names = "--initrd", paramLabel = "FILE", description = "The initial file system.")
    private String initrd;
    @Option(names = "--append", paramLabel = "TEXT", description = "The kernel's command line.")
    private String append;
    @Option(names = "--bios", paramLabel = "FILE", description = "Firmware in place of the one built in.")
    private String bios;

    /** The machine that the options describe. */
    MachineDefinition definition(String name) {
        var chosen = new ArrayList<DeviceDefinition>();
        devices.forEach(device -> chosen.add(DeviceDefinition.parse(device)));
        if (chosen.stream().noneMatch(device -> device.type().equals(CONSOLE))) {
            chosen.add(new DeviceDefinition(CONSOLE, Map.of("backend", "stdio")));
        }
        Map<String, String> boardProperties = properties("--board", board);
        put(boardProperties, "kernel", kernel);
        put(boardProperties, "initrd", initrd);
        put(boardProperties, "append", append);
        put(boardProperties, "bios", bios);
        if (bios != null) {
            // What takes the place of the firmware built in is visible to the guest, so it is part of the guest ABI.
            boardProperties.putIfAbsent("firmware", "image");
        }
        return new MachineDefinition(name, machineType,
            memory(memory),
            Math.toIntExact(parse("--processors", processors, new PropertyType.Number(1, 512))),
            boardProperties, properties("--processor", processor), chosen);
    }

    private static Map<String, String> properties(String option, List<String> texts) {
        var properties = new LinkedHashMap<String, String>();
        for (String text : texts) {
            DeviceDefinition.properties(option, text, text).forEach((name, value) -> put(properties, name, value));
        }
        return properties;
    }

    private static void put(Map<String, String> properties, String name, String value) {
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
