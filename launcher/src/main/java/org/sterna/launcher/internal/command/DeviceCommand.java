package org.sterna.launcher.internal.command;

import org.sterna.launcher.internal.Services;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about one device type. */
@Command(name = "device", description = "Explain one type: ./sterna device help TYPE.", synopsisSubcommandLabel = "help")
final class DeviceCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    private final DeviceHelpCommand help;

    DeviceCommand(Services services) {
        help = new DeviceHelpCommand(services);
    }

    /** The commands under this one. */
    DeviceHelpCommand help() {
        return help;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "write: device help TYPE");
    }
}
