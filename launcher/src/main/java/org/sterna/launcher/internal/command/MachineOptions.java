package org.sterna.launcher.internal.command;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import picocli.CommandLine.Option;

/** What a machine is made of. */
final class MachineOptions {
    @Option(names = "--definition", paramLabel = "FILE",
        description = "A JSON file that says all that the options below say, in place of them; see docs/machine-definition.md.")
    private Path definition;
    @Option(names = "--machine", paramLabel = "TYPE",
        description = "The machine type, or the family for its newest one (default: virt).")
    private String machineType;
    @Option(names = "--memory", paramLabel = "SIZE", description = "Guest memory (default: 256M).")
    private String memory;
    @Option(names = "--processors", paramLabel = "N", description = "Processors (default: 1).")
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
        if (definition == null) {
            return new MachineWords(machineType, memory, processors, devices.stream().map(DeviceDefinition::parse).toList(),
                properties("--board", board), properties("--processor", processor), kernel, initrd, append, bios)
                .definition(name);
        }
        boolean more = Stream.of(devices, board, processor).anyMatch(given -> !given.isEmpty())
            || Stream.of(machineType, memory, processors, kernel, initrd, append, bios).anyMatch(given -> given != null);
        if (more) {
            throw MachineException.usage("--definition", "", "the file says all that the machine is made of",
                "say it there, or leave --definition out");
        }
        return DefinitionFile.read(definition).definition(name);
    }

    private static Map<String, String> properties(String option, List<String> texts) {
        var properties = new LinkedHashMap<String, String>();
        for (String text : texts) {
            DeviceDefinition.properties(option, text, text).forEach((name, value) -> MachineWords.put(properties, name, value));
        }
        return properties;
    }
}
