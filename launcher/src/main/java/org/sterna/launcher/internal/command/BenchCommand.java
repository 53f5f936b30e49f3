package org.sterna.launcher.internal.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measurements that need whole machines; those of the processor and of memory alone are JMH benchmarks of their own. */
@Command(name = "bench",
    description = "Measure, beside a reference in the same run: ./sterna bench cpu|memory|migration|check|snapshot|swap.",
    synopsisSubcommandLabel = "cpu|memory|migration|check|snapshot")
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "write: bench cpu|memory|migration|check|snapshot");
    }
}
