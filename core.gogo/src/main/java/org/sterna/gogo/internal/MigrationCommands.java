package org.sterna.gogo.internal;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.ReceiveLimits;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;

/** The commands {@code migration:*}. */
@Component(service = {Object.class, Completes.class}, property = {"osgi.command.scope=migration", "osgi.command.function=check",
    "osgi.command.function=migrate", "osgi.command.function=snapshot", "osgi.command.function=receive",
    "osgi.command.function=cancel"})
public final class MigrationCommands implements Completes {
    private static final Pattern MAPPING = Pattern.compile("(/[^.=]+)\\.([a-z0-9-]+)=(.*)");
    private static final Logger LOG = LoggerFactory.getLogger(MigrationCommands.class);

    private final Fleet fleet;
    private final Migrations migrations;
    /** By the name of the machine that is waited for. */
    private final Map<String, Receiver> receivers = new ConcurrentHashMap<>();

    /** Commands over the machines of this framework. */
    @Activate
    public MigrationCommands(@Reference Fleet fleet, @Reference Migrations migrations) {
        this.fleet = fleet;
        this.migrations = migrations;
    }

    @Deactivate
    void close() {
        receivers.values().forEach(Receiver::close);
    }

    @Override
    public Collection<?> next(CommandSession session, Line line) throws Exception {
        if (!line.valueOf().isEmpty()) {
            return fleet.fields(line.words());
        }
        return switch (line.command()) {
            case "check", "migrate" -> line.count() == 0 ? fleet.names() : List.of();
            case "snapshot" -> switch (line.count()) {
                case 0 -> fleet.names();
                case 1 -> (Collection<?>) session.execute("__files");
                default -> List.of();
            };
            case "cancel" -> line.count() == 0 ? receivers.keySet() : List.of();
            default -> List.of();
        };
    }

    /** The verdict. */
    @Descriptor("ask a peer whether it could take a machine over; the guest runs on undisturbed")
    public String check(
            @Descriptor("give this field up, as in /device@0.field; several are separated by commas")
            @Parameter(names = {"-l", "--accept-loss"}, absentValue = "") String acceptLoss,
            @Descriptor("the machine's name") String name,
            @Descriptor("where the peer listens: tcp:HOST:PORT or unix:PATH") String target) {
        return VerdictLines.of(migrations.check(fleet.get(name), Endpoint.parse(target), options(acceptLoss)));
    }

    private static MigrationOptions options(String acceptLoss) {
        return new MigrationOptions(MigrationOptions.DEFAULT.downtimeLimit(), 0,
            acceptLoss.isEmpty() ? Set.of() : Set.of(acceptLoss.split(",")));
    }

    /** Moves a machine. */
    @Descriptor("move a machine to a peer, if the verdict allows it; its configuration stays, and says where the guest has gone"
        + " instead of booting another")
    public String migrate(
            @Descriptor("give this field up, as in /device@0.field; several are separated by commas")
            @Parameter(names = {"-l", "--accept-loss"}, absentValue = "") String acceptLoss,
            @Descriptor("the machine's name") String name,
            @Descriptor("where the peer listens: tcp:HOST:PORT or unix:PATH") String target) {
        Machine machine = fleet.get(name);
        MigrationStatus status = completed(migrations.migrate(machine, Endpoint.parse(target), options(acceptLoss)));
        machine.close();
        return name + " runs at " + target + " now; " + figures(status) + VerdictLines.losses(status.verdict());
    }

    /** Waits for the end. */
    private static MigrationStatus completed(OutgoingMigration migration) {
        MigrationStatus status = result(migration);
        if (status.phase() != MigrationStatus.Phase.COMPLETED) {
            throw new MachineException(MachineException.Kind.FAILED, status.reasons());
        }
        return status;
    }

    /** Who does not want to wait any longer does not want the migration. */
    private static MigrationStatus result(OutgoingMigration migration) {
        try {
            return migration.result().get();
        } catch (InterruptedException e) {
            migration.cancel();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return migration.result().join();
    }

    private static String figures(MigrationStatus status) {
        // A guest that was paused before, or is now, has no downtime.
        String downtime = status.downtime() == 0 ? "" : String.format(Locale.ROOT, ", the guest stood still for %d ms",
            status.downtime() / 1_000_000);
        return String.format(Locale.ROOT, "%d ms in all%s, %.1f MiB", status.elapsed() / 1_000_000, downtime,
            status.transferred() / 1048576.0);
    }

    /** Writes a machine into a file. */
    @Descriptor("write a machine into a file; its disks are not in it")
    public String snapshot(
            @Descriptor("leave the guest paused")
            @Parameter(names = {"-s", "--stop"}, absentValue = "false", presentValue = "true") boolean stop,
            @Descriptor("the machine's name") String name, @Descriptor("the file") String file) {
        var options = new SnapshotOptions(SnapshotOptions.DEFAULT.downtimeLimit(), SnapshotOptions.DEFAULT.bandwidth(), stop);
        MigrationStatus status = completed(migrations.snapshot(fleet.get(name), Path.of(file), options));
        return name + " is in " + file + "; " + figures(status) + (stop ? "; the guest stays paused" : "");
    }

    /** Waits for a machine. */
    @Descriptor("wait for one machine to arrive, which runs here then and has no configuration; migration:cancel gives it up")
    public String receive(
            @Descriptor("host properties to use here in place of the source's, each as PATH.PROPERTY=VALUE; several are separated by"
                + " commas")
            @Parameter(names = {"-m", "--map"}, absentValue = "") String map,
            @Descriptor("folders in which files may be that the source's host properties name; several are separated by commas")
            @Parameter(names = {"-p", "--allow-path"}, absentValue = "") String allowPath,
            @Descriptor("how much guest memory the machines here may have together, such as 4G; without it what this host has")
            @Parameter(names = "--max-memory", absentValue = "") String maxMemory,
            @Descriptor("how many machines this framework may have; without it any number")
            @Parameter(names = "--max-machines", absentValue = "") String maxMachines,
            @Descriptor("how far the clocks of the two hosts may be apart, such as 30s or 2h; without it 5m")
            @Parameter(names = "--max-clock-jump", absentValue = "") String maxClockJump,
            @Descriptor("the name that the machine gets here") String name,
            @Descriptor("where to listen: tcp:HOST:PORT (port 0 chooses one) or unix:PATH") String listen) {
        ReceiveLimits limits = ReceiveLimits.parse(Map.of("max-memory", maxMemory, "max-machines", maxMachines, "max-clock-jump",
            maxClockJump), allowPath.isEmpty() ? List.of() : List.of(allowPath.split(",")));
        var options = new ReceiveOptions(name, mapped(map), machine -> arrived(name),
            reason -> LOG.warn("{} has not arrived: {}", name, reason)).withLimits(limits);
        Receiver receiver = migrations.receive(Endpoint.parse(listen), options);
        Receiver before = receivers.putIfAbsent(name, receiver);
        if (before != null) {
            receiver.close();
            throw MachineException.failed(name, "", "it is waited for already, on " + before.endpoint(), "");
        }
        return "listening on " + receiver.endpoint();
    }

    private static Map<String, Map<String, String>> mapped(String text) {
        var host = new TreeMap<String, Map<String, String>>();
        for (String mapping : text.isEmpty() ? new String[0] : text.split(",")) {
            Matcher parts = MAPPING.matcher(mapping);
            if (!parts.matches()) {
                throw MachineException.usage("--map", "", "'" + mapping + "' is not PATH.property=value",
                    "write for example --map /virtio-blk@0.drive=/disks/guest.img");
            }
            host.computeIfAbsent(parts.group(1), path -> new TreeMap<>()).put(parts.group(2), parts.group(3));
        }
        return host;
    }

    private void arrived(String name) {
        LOG.info("{} has arrived", name);
        // Not on the receiver's own thread, which is still in the middle of it.
        Thread.ofVirtual().start(() -> cancel(name));
    }

    /** Ends the waiting for a machine. */
    @Descriptor("wait no longer for a machine")
    public void cancel(@Descriptor("the name that it would have got") String name) {
        Receiver receiver = receivers.remove(name);
        if (receiver != null) {
            receiver.close();
        }
    }
}
