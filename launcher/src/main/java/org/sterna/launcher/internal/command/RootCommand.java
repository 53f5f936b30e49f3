package org.sterna.launcher.internal.command;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program without a command. */
@Command(name = "sterna", mixinStandardHelpOptions = true, version = "Sterna 0.1.0",
    synopsisSubcommandLabel = "COMMAND", sortOptions = false,
    description = "A virtual machine whose every device is an OSGi bundle, and whose live migration knows beforehand.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done, or a verdict of OK, OK-IF or LOSSY-ACCEPTED", "1:failed, or a verdict of BLOCKED", "2:wrong usage",
        "3:a verdict of LOSSY; nothing has been done",
        "130:told to end by Ctrl-C (SIGINT)", "143:told to end by SIGTERM"},
    footer = {"", "Besides: ./sterna build, test, new, bench cpu|memory, jdk."})
final class RootCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    /** Read by the launcher before there is a command line; here for help and for checking. */
    @Option(names = "--bundles", paramLabel = "DIR", scope = ScopeType.INHERIT,
        description = "Take the devices from the bundles of this folder instead of the installed ones; may be repeated.")
    private List<Path> bundles;

    /** Likewise. */
    @Option(names = "--watch", paramLabel = "DIR", scope = ScopeType.INHERIT,
        description = "Use whatever bundle is put into this folder, as long as it is there; may be repeated.")
    private List<Path> watched;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
