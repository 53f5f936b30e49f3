package org.sterna.gogo.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Property;
import org.sterna.migration.Migrations;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;

/** The commands {@code device:*}. */
@Component(service = {Object.class, Completes.class}, property = {"osgi.command.scope=device", "osgi.command.function=list",
    "osgi.command.function=describe", "osgi.command.function=swap"})
public final class DeviceCommands implements Completes {
    private final Fleet fleet;
    private final Machines machines;
    private final Migrations migrations;

    /** Commands over what is installed in this framework. */
    @Activate
    public DeviceCommands(@Reference Fleet fleet, @Reference Machines machines, @Reference Migrations migrations) {
        this.fleet = fleet;
        this.machines = machines;
        this.migrations = migrations;
    }

    @Override
    public Collection<?> next(CommandSession session, Line line) {
        return switch (line.command()) {
            case "describe" -> line.count() == 0 ? types(machines.models()) : List.of();
            case "swap" -> line.valueOf().isEmpty() ? swapped(line.words(), line.has("-a", "--all"))
                : fleet.fields(line.has("-a", "--all") ? List.of() : line.words());
            default -> List.of();
        };
    }

    private static Collection<String> types(List<InstalledModel> models) {
        return models.stream().map(installed -> installed.model().type()).distinct().toList();
    }

    /** What a device can be, and another version of what it can become. */
    private Collection<String> swapped(List<String> words, boolean all) {
        List<InstalledModel> devices = machines.models().stream()
            .filter(installed -> installed.kind() == InstalledModel.Kind.DEVICE).toList();
        if (words.isEmpty()) {
            return all ? types(devices) : fleet.names();
        }
        if (all) {
            return words.size() == 1 ? versions(devices, words.getFirst(), "") : List.of();
        }
        List<Part> parts = fleet.all().stream().filter(machine -> machine.name().equals(words.getFirst()))
            .flatMap(machine -> machine.parts().stream()).filter(part -> types(devices).contains(part.type())).toList();
        return switch (words.size()) {
            case 1 -> parts.stream().map(Part::path).toList();
            case 2 -> parts.stream().filter(part -> part.path().equals(words.get(1)))
                .flatMap(part -> versions(devices, part.type(), part.version().toString()).stream()).toList();
            default -> List.of();
        };
    }

    private static Collection<String> versions(List<InstalledModel> devices, String type, String but) {
        return devices.stream().filter(installed -> installed.model().type().equals(type))
            .map(installed -> installed.version().toString()).filter(version -> !version.equals(but)).distinct().toList();
    }

    /** Every version of every type. */
    @Descriptor("list the types of devices, processors and boards that are installed, in every version")
    public String list() {
        var columns = new Columns("TYPE", "KIND", "ABI", "STATE", "BUNDLE", "VERSION");
        for (InstalledModel installed : machines.models()) {
            columns.row(installed.model().type(), installed.kind().name().toLowerCase(Locale.ROOT), installed.model().abi(),
                installed.model().state().schema().version(), installed.bundle(), installed.version());
        }
        return columns.toString();
    }

    /** The properties of a type. Not called help, since Gogo would take it for its own where no scope is given. */
    @Descriptor("explain the properties of a type, in its newest version")
    public String describe(@Descriptor("the type, such as virtio-blk") String type) {
        var columns = new Columns("PROPERTY", "SEEN BY", "VALUES", "DEFAULT", "MEANING");
        InstalledModel newest = machines.models(type).getFirst();
        for (Property<?> property : newest.model().properties()) {
            Object value = property.defaultUnder(newest.model().abi());
            columns.row(property.name(), property.scope().name().toLowerCase(Locale.ROOT), property.type().range(),
                value == null ? "-" : property.text(value), property.meaning());
        }
        return columns.toString();
    }

    /** Another version of a device under a running guest, or under all of them. */
    @Descriptor("put another installed version of a device under a running guest: swap MACHINE /TYPE@N VERSION; with --all under"
        + " every guest of this framework, one after the other: swap --all TYPE VERSION; the first that fails ends it")
    public String swap(
            @Descriptor("go through all machines")
            @Parameter(names = {"-a", "--all"}, absentValue = "false", presentValue = "true") boolean all,
            @Descriptor("only ask for the verdict")
            @Parameter(names = {"-c", "--check"}, absentValue = "false", presentValue = "true") boolean check,
            @Descriptor("give this field up, as in /device@0.field; several are separated by commas")
            @Parameter(names = {"-l", "--accept-loss"}, absentValue = "") String acceptLoss,
            @Descriptor("MACHINE DEVICE VERSION, or TYPE VERSION with --all") String... words) {
        if (words.length != (all ? 2 : 3)) {
            throw MachineException.usage("device:swap", "",
                "takes " + (all ? "TYPE and VERSION with --all" : "MACHINE, DEVICE and VERSION"),
                "see help device:swap");
        }
        var options = new SwapOptions(SwapOptions.DEFAULT.limit(),
            acceptLoss.isEmpty() ? Set.of() : Set.of(acceptLoss.split(",")));
        return all ? roll(words[0], words[1], check, options) : one(fleet.get(words[0]), words[1], words[2], check, options);
    }

    private String one(Machine machine, String device, String version, boolean check, SwapOptions options) {
        if (check) {
            return VerdictLines.of(migrations.check(machine, device, version, options));
        }
        Swap swap = migrations.swap(machine, device, version, options);
        if (!swap.done()) {
            throw new MachineException(MachineException.Kind.FAILED, swap.reasons());
        }
        return machine.name() + device + " is " + version + " now" + (swap.pause() == 0 ? ""
            : String.format(Locale.ROOT, "; the guest stood still for %.2f ms", swap.pause() / 1e6)) + VerdictLines.losses(swap.verdict());
    }

    /** A device of a machine. */
    private record Place(Machine machine, String path) {
    }

    private String roll(String type, String version, boolean check, SwapOptions options) {
        List<Place> places = fleet.all().stream().flatMap(machine -> machine.parts().stream()
            .filter(part -> part.type().equals(type) && !part.version().toString().equals(version))
            .map(Part::path).map(path -> new Place(machine, path))).toList();
        var done = new ArrayList<String>();
        for (Place place : places) {
            try {
                done.add(one(place.machine(), place.path(), version, check, options));
            } catch (MachineException e) {
                var reasons = new ArrayList<>(e.reasons());
                reasons.add(Reason.of(place.machine().name() + place.path(), "it has kept its version, and so have "
                    + (places.size() - done.size() - 1) + " others; " + done.size() + " were swapped before", ""));
                throw new MachineException(e.kind(), reasons, e);
            }
        }
        return done.stream().map(line -> line + "\n").collect(Collectors.joining()) + done.size() + " devices "
            + (check ? "looked at" : "swapped");
    }
}
