package org.sterna.launcher.internal.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.shell.CommandShell;
import org.sterna.launcher.internal.shell.Script;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Commands for the framework of this process. */
@Command(name = "shell", description = {"A Gogo shell in an OSGi framework with what is installed: the commands machine:*,"
    + " device:*, migration:* and those of Gogo.",
    "On a terminal, lines can be edited, repeated and completed. Otherwise each line of standard input is a"
        + " command, and the first that fails ends the shell with exit code 1."})
final class ShellCommand implements Callable<Integer> {
    private final Services services;

    @Option(names = {"-c", "--command"}, paramLabel = "COMMANDS", description = "Do these commands and end.")
    private String commands;
    @Option(names = "--machines", paramLabel = "DIR", description = "Have a machine for each file"
        + " org.sterna.machine-NAME.config or .cfg of this folder as long as it is there; bundles that are put there are used"
        + " too. With stop=\"snapshot\" a guest waits there while no shell runs.")
    private Path machines;
    @Parameters(arity = "0..1", paramLabel = "SCRIPT", description = "Do the commands of this file and end.")
    private Path script;

    ShellCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws Exception {
        if (commands != null && script != null) {
            throw MachineException.usage("shell", "--command", "and a script cannot be given together", "give one of them");
        }
        try (BufferedReader reader = reader();
                CommandShell shell = services.lifetime().keep(CommandShell.start(services, Optional.ofNullable(machines)))) {
            return reader == null ? shell.interact() : shell.run(new Script(name(), reader));
        }
    }

    /** Where the commands come from; null if a person types them. */
    private BufferedReader reader() {
        if (commands != null) {
            return new BufferedReader(new StringReader(commands));
        }
        try {
            if (script != null) {
                return Files.newBufferedReader(script);
            }
        } catch (IOException e) {
            throw MachineException.usage(script.toString(), "",
                e instanceof NoSuchFileException ? "no such file" : "it cannot be read: " + Reason.causeOf(e), "");
        }
        return CommandShell.isOnTerminal() ? null
            : new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
    }

    private String name() {
        return commands != null ? "" : script != null ? script.toString() : "standard input";
    }
}
