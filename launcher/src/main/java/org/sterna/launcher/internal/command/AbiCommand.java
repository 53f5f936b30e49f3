package org.sterna.launcher.internal.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands about what guests see. */
@Command(name = "abi", description = "Show, compare and check what a guest sees: ./sterna abi show|diff|check.",
    synopsisSubcommandLabel = "show|diff|check")
final class AbiCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "write: abi show|diff|check");
    }
}
