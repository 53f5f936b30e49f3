package org.sterna.launcher.internal.shell;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.Map;
import java.util.Optional;
import org.apache.felix.gogo.jline.Shell;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.jline.reader.LineReader;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.sterna.launcher.internal.Services;

/** Gogo in the framework of this process. */
public final class CommandShell implements AutoCloseable {
    private static final String PROMPT = "sterna> ";
    private static final String HISTORY = ".sterna_history";

    private final Services services;
    private final CommandProcessor processor;
    private final Shell shell;
    private final Exit exit;
    private ServiceRegistration<Exit> command;

    /** A shell that outlives a restart of its own bundle, so that it has everything from the system bundle's context. */
    private CommandShell(Services services, BundleContext context) {
        this.services = services;
        processor = context.getService(context.getServiceReference(CommandProcessor.class));
        shell = new Shell(new Surroundings(context), processor);
        exit = new Exit(shell::stop);
        command = context.registerService(Exit.class, exit, new Hashtable<>(Map.of(CommandProcessor.COMMAND_SCOPE, "gogo",
            CommandProcessor.COMMAND_FUNCTION, "exit")));
    }

    /** What Gogo's shell asks of the framework that it runs in. */
    private record Surroundings(BundleContext context) implements Shell.Context {
        @Override
        public String getProperty(String name) {
            return context.getProperty(name);
        }

        /** The command ends, and with it the process. */
        @Override
        public void exit() {
        }
    }

    /** Whether a person types the commands. */
    public static boolean isOnTerminal() {
        return Terminals.isInput();
    }

    /**
     * Starts all bundles that a shell has, and makes the machines of a folder. Standard input belongs to the shell from then on:
     * who reads commands there takes it before.
     *
     * @param machines the folder of configurations, where guests also wait from one shell to the next
     */
    public static CommandShell start(Services services, Optional<Path> machines) throws BundleException, InterruptedException {
        BundleContext context = FrameworkUtil.getBundle(CommandShell.class).getBundleContext()
            .getBundle(Constants.SYSTEM_BUNDLE_ID).getBundleContext();
        services.addresses().prepare();
        services.lifetime().lastUntilFrameworkStops(context);
        // No guest's serial line must take away what is typed here, or read from a script.
        System.setIn(InputStream.nullInputStream());
        machines.ifPresent(folder -> System.setProperty("org.sterna.snapshots", folder.toAbsolutePath().toString()));
        Terminals.without(() -> Bundles.startAll(context));
        if (machines.isPresent()) {
            Bundles.awaitMachines(context);
        }
        return new CommandShell(services, context);
    }

    /** Lets a person type commands, and gives the exit code. */
    public int interact() throws Exception {
        try (Terminal terminal = services.lifetime().keep(Terminals.open());
                CommandSession session = processor.createSession(terminal.input(), terminal.output(), terminal.output())) {
            session.put(Shell.VAR_TERMINAL, terminal);
            session.put("#" + Shell.VAR_PROMPT, PROMPT);
            session.put(".gosh_quiet", true);
            session.put(LineReader.HISTORY_FILE, Path.of(System.getProperty("user.home"), HISTORY));
            shell.gosh(session, new String[] {"--login", "--noshutdown", "--nohistory"});
        }
        return exit.code();
    }

    /** Does the commands of a script, and gives the exit code. */
    public int run(Script script) throws IOException {
        try (Terminal none = new DumbTerminal(InputStream.nullInputStream(), services.out());
                CommandSession session = processor.createSession(InputStream.nullInputStream(), services.out(), services.err())) {
            session.put(Shell.VAR_TERMINAL, none);
            script.run(session, exit, services.out());
        }
        return exit.code();
    }

    /** Ends the session. Whoever else closes it, be it the command or the end of the process, does nothing. */
    @Override
    public synchronized void close() {
        if (command != null) {
            shell.stop();
            command.unregister();
            command = null;
        }
    }
}
