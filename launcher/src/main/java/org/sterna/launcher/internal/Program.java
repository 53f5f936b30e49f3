package org.sterna.launcher.internal;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.CollectionType;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.sterna.launcher.internal.command.CommandLineProgram;
import org.sterna.launcher.internal.command.CommandLineProgram.Contribution;
import org.sterna.launcher.internal.control.ControlAddress;
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
    private final Lifetime lifetime = new Lifetime();
    private final CommandLineProgram commands;
    private final String[] arguments;
    private volatile boolean done;

    /** A program with the services of this process. */
    @Activate
    public Program(@Reference Machines machines, @Reference Migrations migrations, @Reference Provisioning provisioning,
            @Reference(service = Object.class, target = "(launcher.arguments=*)") Map<String, Object> launcher,
            @Reference(service = ToIntFunction.class, target = "(org.sterna.command.name=*)",
                cardinality = ReferenceCardinality.MULTIPLE, collectionType = CollectionType.TUPLE)
            List<Map.Entry<Map<String, Object>, ToIntFunction<List<String>>>> contributed) {
        arguments = (String[]) launcher.get("launcher.arguments");
        var contributions = new TreeMap<String, Contribution>();
        for (var command : contributed) {
            contributions.put((String) command.getKey().get("org.sterna.command.name"), new Contribution(
                (String) command.getKey().getOrDefault("org.sterna.command.description", ""), command.getValue()));
        }
        commands = new CommandLineProgram(new Services(machines, migrations, provisioning,
            ControlAddress.of(System.getenv()), Path.of((String) launcher.get("launcher.home")), System.out, System.err,
            lifetime), contributions);
    }

    @Override
    public Integer call() {
        try (lifetime) {
            return commands.run(arguments);
        } finally {
            done = true;
        }
    }

    /** The process is told to end. */
    @Deactivate
    void stop() {
        if (!done) {
            System.err.println("sterna: told to end");
        }
        lifetime.close();
    }
}
