package org.sterna.launcher.internal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.ToIntFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.sterna.launcher.internal.command.CommandLineProgram;
import org.sterna.launcher.internal.command.CommandLineProgram.Contribution;
import org.sterna.launcher.internal.control.ControlAddress;
import org.sterna.launcher.internal.host.StateFolder;
import org.sterna.machine.Machines;
import org.sterna.migration.Migrations;
import org.sterna.provisioning.Provisioning;

/**
 * Runs the command that the process was started with, on the main thread: by bnd's convention the launcher gives the
 * arguments as a service property, and calls the service with the property {@code main.thread}. The arguments are
 * registered last, so every contributed command is there by then.
 */
@Component(service = Callable.class, property = "main.thread:Boolean=true")
public final class Program implements Callable<Integer> {
    private static final String COMMAND_NAME = "org.sterna.command.name";

    private final Lifetime lifetime = new Lifetime();
    private final Services services;
    private final String[] arguments;
    /** By the name of the command. They come and go with their bundles, which must not end the command that runs. */
    private final Map<String, Contribution> contributed = new ConcurrentSkipListMap<>();

    /** A program with the services of this process. */
    @Activate
    public Program(@Reference Machines machines, @Reference Migrations migrations, @Reference Provisioning provisioning,
            @Reference(service = Object.class, target = "(launcher.arguments=*)") Map<String, Object> launcher) {
        arguments = (String[]) launcher.get("launcher.arguments");
        services = new Services(machines, migrations, provisioning, ControlAddress.of(System.getenv()),
            Path.of((String) launcher.get("launcher.home")), StateFolder.of(System.getenv()).resolve("guests"),
            results(), System.err, lifetime);
    }

    /** Not the stream of the guest: whoever does not read what that prints would hold up the end of the command. */
    private static PrintStream results() {
        return new PrintStream(new FileOutputStream(FileDescriptor.out), false, System.out.charset());
    }

    @Reference(service = ToIntFunction.class, target = "(org.sterna.command.name=*)",
        cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addCommand(ToIntFunction<List<String>> command, Map<String, Object> properties) {
        contributed.put((String) properties.get(COMMAND_NAME),
            new Contribution((String) properties.getOrDefault("org.sterna.command.description", ""), command));
    }

    void removeCommand(ToIntFunction<List<String>> command, Map<String, Object> properties) {
        contributed.computeIfPresent((String) properties.get(COMMAND_NAME),
            (name, contribution) -> contribution.action() == command ? null : contribution);
    }

    @Override
    public Integer call() {
        try (lifetime) {
            return new CommandLineProgram(services, contributed).run(arguments);
        }
    }

    /** The process is told to end, or a bundle that is needed is restarted. */
    @Deactivate
    void stop() {
        lifetime.servicesHaveGone();
    }
}
