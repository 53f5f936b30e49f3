package org.sterna.launcher.internal.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about one type. */
@Command(name = "device", description = "Explain one type: ./sterna device help TYPE.", synopsisSubcommandLabel = "help")
final class DeviceCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "write: device help [TYPE]");
    }
}
