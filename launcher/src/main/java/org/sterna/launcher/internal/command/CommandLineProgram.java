package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.demo.DemoCommand;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;

/** The command line with all commands, those of this bundle and those that other bundles contribute. */
public final class CommandLineProgram {
    private static final Logger LOG = LoggerFactory.getLogger(CommandLineProgram.class);

    private final CommandLine line;

    /** A command line; contributed commands stand beside the built-in ones, which keep their names. */
    public CommandLineProgram(Services services, Map<String, Contribution> contributed) {
        line = new CommandLine(new RootCommand());
        line.addSubcommand(new DemoCommand(services));
        line.addSubcommand(new RunCommand(services));
        line.addSubcommand(new ReceiveCommand(services));
        line.addSubcommand(new CheckCommand(services));
        line.addSubcommand(new MigrateCommand(services));
        line.addSubcommand(new SnapshotCommand(services));
        line.addSubcommand(new RestoreCommand(services));
        line.addSubcommand(new InspectCommand(services));
        line.addSubcommand(new StatusCommand(services));
        line.addSubcommand(new DevicesCommand(services));
        line.addSubcommand(new CommandLine(new DeviceCommand()).addSubcommand(new DeviceHelpCommand(services)));
        line.addSubcommand(new CommandLine(new AbiCommand()).addSubcommand(new AbiShowCommand(services))
            .addSubcommand(new AbiDiffCommand(services)).addSubcommand(new AbiCheckCommand(services)));
        line.addSubcommand(new ResolveCommand(services));
        line.addSubcommand(new PauseCommand(services));
        line.addSubcommand(new ResumeCommand(services));
        line.addSubcommand(new ResizeCommand(services));
        line.addSubcommand(new SwapCommand(services));
        line.addSubcommand(new ShellCommand(services));
        line.addSubcommand(new CommandLine(new BenchCommand()).addSubcommand(new MigrationBenchCommand(services))
            .addSubcommand(new CheckBenchCommand(services)).addSubcommand(new SnapshotBenchCommand(services))
            .addSubcommand(new SwapBenchCommand(services)));
        withHelp(line);
        contributed.forEach((name, contribution) -> {
            if (!line.getSubcommands().containsKey(name)) {
                line.addSubcommand(name, contribution.command());
            }
        });
        line.setOut(new PrintWriter(services.out(), true)).setErr(new PrintWriter(services.err(), true));
        line.setExecutionExceptionHandler((exception, failed, parsed) -> failed(services, exception, parsed));
        line.setParameterExceptionHandler(CommandLineProgram::misused);
    }

    /**
     * A command of another bundle.
     *
     * @param description one sentence for help
     * @param action      takes the arguments after the command's name and returns the exit code
     */
    public record Contribution(String description, ToIntFunction<List<String>> action) {
        private CommandLine command() {
            var command = new CommandLine(new ContributedCommand(action)).setUnmatchedOptionsArePositionalParams(true);
            command.getCommandSpec().usageMessage().description(description);
            return command;
        }
    }

    /** Leaves its arguments to another bundle, options and all. */
    @Command(sortOptions = false)
    private static final class ContributedCommand implements Callable<Integer> {
        private final ToIntFunction<List<String>> action;

        @Parameters(paramLabel = "ARGUMENT", arity = "0..*")
        private List<String> arguments = List.of();

        ContributedCommand(ToIntFunction<List<String>> action) {
            this.action = action;
        }

        @Override
        public Integer call() {
            return action.applyAsInt(List.copyOf(arguments));
        }
    }

    private static void withHelp(CommandLine command) {
        command.getSubcommands().values().forEach(below -> {
            below.getCommandSpec().mixinStandardHelpOptions(true);
            withHelp(below);
        });
    }

    /** Runs a command and returns its exit code. */
    public int run(String... arguments) {
        return line.execute(arguments);
    }

    /** A user's or a peer's mistake: every reason on a line of its own. */
    private static int failed(Services services, Exception exception, ParseResult parsed) {
        if (services.lifetime().ended()) {
            // What it worked with has been taken away from it.
            return CommandLine.ExitCode.SOFTWARE;
        }
        if (!(exception instanceof MachineException refusal)) {
            LOG.error("something unforeseen went wrong, please report it", exception);
            return CommandLine.ExitCode.SOFTWARE;
        }
        refusal.reasons().forEach(reason -> services.err().println("sterna: " + reason));
        if (isJson(parsed)) {
            services.out().println(Json.write(failure(refusal.reasons())));
        }
        return refusal.kind() == MachineException.Kind.USAGE ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }

    private static boolean isJson(ParseResult parsed) {
        ParseResult innermost = parsed;
        while (innermost.hasSubcommand()) {
            innermost = innermost.subcommand();
        }
        return innermost.hasMatchedOption(Report.JSON);
    }

    private static ObjectNode failure(List<Reason> reasons) {
        ObjectNode document = Json.object().put("result", "failed");
        document.set("reasons", Json.array(reasons, Json::of));
        return document;
    }

    /** An unknown command or option, with the nearest known ones, and where to read on. */
    private static int misused(ParameterException exception, String[] arguments) {
        CommandLine command = exception.getCommandLine();
        var err = command.getErr();
        err.println("sterna: " + exception.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(exception, err)) {
            err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return CommandLine.ExitCode.USAGE;
    }
}
