package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.PropertyType;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs one machine, with its serial line on the terminal. */
@Command(name = "run", description = "Run a machine until its guest switches it off or it migrates away.",
    footer = {"", "On a terminal: Ctrl-C or Ctrl-A x ends the machine, Ctrl-A c sends the guest a Ctrl-C, Ctrl-A a a Ctrl-A."})
final class RunCommand implements Callable<Integer> {
    private static final String CONSOLE = "serial";

    private final Services services;

    @Mixin
    private Hosting hosting;
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
    @Option(names = "--kernel", paramLabel = "FILE", description = "The kernel: a RISC-V Linux image or an ELF file.")
    private String kernel;
    @Option(names = "--initrd", paramLabel = "FILE", description = "The initial file system.")
    private String initrd;
    @Option(names = "--append", paramLabel = "TEXT", description = "The kernel's command line.")
    private String append;
    @Option(names = "--bios", paramLabel = "FILE", description = "Firmware in place of the one built in.")
    private String bios;
    @Mixin
    private Report report;

    RunCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        MachineDefinition definition = definition();
        Hosting.Open open = hosting.open(services, report);
        Machine machine = services.machines().create(definition);
        services.lifetime().keep(machine).attach();
        report.note(services, "machine " + machine.name() + " (" + machine.abi().machineType() + "), control "
            + open.endpoint());
        Hosting.Stay stay = open.host(machine, machine::boot);
        ObjectNode document = Json.object().put("result", stay.failed() ? "failed" : "ok");
        report.result(services, document.setAll(stay.json()), () -> "");
        report.note(services, stay.toString());
        return stay.failed() ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /** The machine that the options describe. */
    MachineDefinition definition() {
        var chosen = new ArrayList<DeviceDefinition>();
        devices.forEach(device -> chosen.add(DeviceDefinition.parse(device)));
        if (chosen.stream().noneMatch(device -> device.type().equals(CONSOLE))) {
            chosen.add(new DeviceDefinition(CONSOLE, Map.of("backend", "stdio")));
        }
        Map<String, String> board = new LinkedHashMap<>();
        put(board, "kernel", kernel);
        put(board, "initrd", initrd);
        put(board, "append", append);
        put(board, "bios", bios);
        // What takes the place of the firmware built in is visible to the guest, so it is part of the guest ABI.
        put(board, "firmware", bios == null ? null : "image");
        return new MachineDefinition(hosting.name(), machineType,
            parse("--memory", memory, new PropertyType.Size(4096, 1L << 46, 4096)),
            Math.toIntExact(parse("--processors", processors, new PropertyType.Number(1, 512))),
            board, Map.of(), chosen);
    }

    private static void put(Map<String, String> properties, String name, String value) {
        if (value != null) {
            properties.put(name, value);
        }
    }

    private static long parse(String option, String text, PropertyType<Long> type) {
        try {
            return type.parse(text);
        } catch (IllegalArgumentException e) {
            throw MachineException.usage(option, "", e.getMessage(), "");
        }
    }
}
