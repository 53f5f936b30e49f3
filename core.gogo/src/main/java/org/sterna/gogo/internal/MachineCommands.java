package org.sterna.gogo.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.sterna.deployment.ConfiguredMachine;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;

/** The commands {@code machine:*}. */
@Component(service = {Object.class, Completes.class}, property = {"osgi.command.scope=machine", "osgi.command.function=list",
    "osgi.command.function=status", "osgi.command.function=pause", "osgi.command.function=resume", "osgi.command.function=close"})
public final class MachineCommands implements Completes {
    private final Fleet fleet;
    private final List<ConfiguredMachine> configured = new CopyOnWriteArrayList<>();

    /** Commands over the machines of this framework. */
    @Activate
    public MachineCommands(@Reference Fleet fleet) {
        this.fleet = fleet;
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addConfigured(ConfiguredMachine machine) {
        configured.add(machine);
    }

    void removeConfigured(ConfiguredMachine machine) {
        configured.remove(machine);
    }

    @Override
    public Collection<?> next(CommandSession session, Line line) {
        return switch (line.command()) {
            case "status" -> line.count() == 0 ? names() : List.of();
            case "pause", "resume", "close" -> line.count() == 0 ? fleet.names() : List.of();
            default -> List.of();
        };
    }

    private Collection<String> names() {
        var names = new TreeSet<>(fleet.names());
        configured.forEach(machine -> names.add(machine.name()));
        return names;
    }

    /** Every machine, and every configuration of which there is none. */
    @Descriptor("list the machines of this framework, and the configurations of machines that cannot be made")
    public String list() {
        var columns = new Columns("NAME", "TYPE", "PHASE", "CONFIGURED", "WHY");
        names().forEach(name -> {
            Optional<Machine> machine = fleet.all().stream().filter(other -> other.name().equals(name)).findFirst();
            Optional<ConfiguredMachine> configuration = configuration(name);
            var why = new ArrayList<String>();
            machine.map(Machine::why).filter(text -> !text.isEmpty()).ifPresent(why::add);
            machine.flatMap(Machine::operation).map(Operation::describe).ifPresent(what -> why.add(what + " is under way"));
            configuration.ifPresent(other -> other.reasons().forEach(reason -> why.add(reason.toString())));
            columns.row(name, machine.map(other -> other.abi().machineType()).orElse("-"),
                machine.map(MachineCommands::phase).orElse("none"),
                configuration.isEmpty() ? "no" : configuration.get().reasons().isEmpty() ? "yes" : "not as it is now",
                String.join("; ", why));
        });
        return columns.toString();
    }

    private Optional<ConfiguredMachine> configuration(String name) {
        return configured.stream().filter(machine -> machine.name().equals(name)).findFirst();
    }

    private static String phase(Machine machine) {
        return machine.phase().name().toLowerCase(Locale.ROOT);
    }

    /** All about one machine. */
    @Descriptor("show a machine with its parts, the versions of their bundles, and what of its configuration is not in force")
    public String status(@Descriptor("the machine's name") String name) {
        var lines = new ArrayList<String>();
        List<Reason> reasons = configuration(name).map(ConfiguredMachine::reasons).orElse(List.of());
        if (reasons.isEmpty() || fleet.all().stream().anyMatch(machine -> machine.name().equals(name))) {
            lines.add(text(fleet.get(name)));
        }
        if (!reasons.isEmpty()) {
            lines.add("its configuration is not in force as it is now:");
            reasons.forEach(reason -> lines.add("  " + reason));
        }
        return Columns.lines(lines);
    }

    private static String text(Machine machine) {
        var columns = new Columns("PART", "TYPE", "BUNDLE", "STATE", "ACKNOWLEDGED");
        for (Part part : machine.parts()) {
            columns.row(part.path(), part.type(), part.version(), part.schema().version(),
                String.join(", ", new TreeSet<>(part.acknowledged())));
        }
        return String.format(Locale.ROOT, "%s: %s, %s%s, %d processors, %d MiB, %d instructions executed here%n%s",
            machine.name(), machine.abi().machineType(), phase(machine),
            machine.why().isEmpty() ? "" : " (" + machine.why() + ")",
            machine.abi().processors(), machine.abi().memory() >> 20, machine.instructions(),
            machine.operation().map(operation -> operation.describe() + " is under way%n".formatted()).orElse("") + columns);
    }

    /** Stops a guest. */
    @Descriptor("stop a guest between two instructions; it can be resumed")
    public String pause(@Descriptor("the machine's name") String name) {
        Machine machine = fleet.get(name);
        machine.pause();
        return name + " is " + phase(machine);
    }

    /** Lets a guest run. */
    @Descriptor("let a paused guest go on, or boot one that has not been booted")
    public String resume(
            @Descriptor("take back a guest that was handed over to a destination that has not confirmed it; if it runs there, it"
                + " runs twice from then on, and both damage whatever they share")
            @Parameter(names = {"-f", "--force"}, absentValue = "false", presentValue = "true") boolean force,
            @Descriptor("the machine's name") String name) {
        Machine machine = fleet.get(name);
        boolean again = machine.ioError().isPresent();
        if (machine.phase() == Machine.Phase.CREATED) {
            machine.boot();
        } else {
            if (force) {
                machine.reclaim();
            }
            machine.resume();
        }
        return name + " is " + phase(machine) + (again
            ? "; the request that had failed is tried again, and the guest is paused again if that fails" : "");
    }

    /** Ends a machine. */
    @Descriptor("end a machine at once, as if its power had failed; one that is configured is made again when its configuration"
        + " changes")
    public void close(
            @Descriptor("also if its guest was handed over to a destination that has not confirmed it, so that this may be the only copy")
            @Parameter(names = {"-f", "--force"}, absentValue = "false", presentValue = "true") boolean force,
            @Descriptor("the machine's name") String name) {
        Machine machine = fleet.get(name);
        if (!force && machine.ownership() == Ownership.UNCONFIRMED) {
            throw MachineException.failed(name, "", "its guest was handed over, and the destination has not confirmed that: this may be"
                + " the only copy", "look at the destination; if the guest has not run there, resume it here by force; only if it runs"
                + " there, close the machine with --force");
        }
        machine.close();
    }
}
