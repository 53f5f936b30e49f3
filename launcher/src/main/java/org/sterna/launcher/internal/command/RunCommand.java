package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs one machine, with its serial line on the terminal. */
@Command(name = "run", description = "Run a machine until its guest switches it off or it migrates away.",
    footer = {"", "On a terminal: Ctrl-C or Ctrl-A x ends the machine, Ctrl-A c sends the guest a Ctrl-C, Ctrl-A a a Ctrl-A."})
final class RunCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private Hosting hosting;
    @Mixin
    private MachineOptions options;
    @Mixin
    private Report report;

    RunCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() {
        MachineDefinition definition = options.definition(hosting.name());
        Hosting.Open open = hosting.open(services, report);
        Machine machine = services.machines().create(definition);
        HostedMachine hosted = open.keep(machine);
        machine.attach();
        report.note(services, "machine " + machine.name() + " (" + machine.abi().machineType() + "), control "
            + open.endpoint());
        Hosting.Stay stay = open.host(hosted, machine::boot);
        ObjectNode document = Json.object().put("result", stay.failed() ? "failed" : "ok");
        report.last(services, document.setAll(stay.json()));
        report.note(services, stay.toString());
        return stay.failed() ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }
}
