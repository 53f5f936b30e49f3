package org.sterna.migration.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Operation;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;
import org.sterna.migration.Inspection;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.Provisioner;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.RestoreOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.engine.Answering;
import org.sterna.migration.internal.engine.Declaration;
import org.sterna.migration.internal.engine.Departure;
import org.sterna.migration.internal.engine.ExclusiveTransfer;
import org.sterna.migration.internal.engine.HostRoom;
import org.sterna.migration.internal.engine.Inquiry;
import org.sterna.migration.internal.engine.InstalledReader;
import org.sterna.migration.internal.engine.Listening;
import org.sterna.migration.internal.engine.Outgoing;
import org.sterna.migration.internal.engine.PathRule;
import org.sterna.migration.internal.engine.Restoring;
import org.sterna.migration.internal.engine.Saving;
import org.sterna.migration.internal.engine.Swapping;
import org.sterna.migration.internal.engine.ThreadStarter;
import org.sterna.migration.internal.file.Inspector;
import org.sterna.migration.internal.file.MachineFile;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.transport.Timeouts;
import org.sterna.migration.internal.transport.Transport;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Manifests;

/** Migration between processes. */
@Component
public final class MigrationService implements Migrations {
    private final Machines machines;
    private final Transport transport;
    private final ThreadStarter threads;
    private final HostRoom room;
    private final Upkeep upkeep;
    private final Set<Receiver> receivers = ConcurrentHashMap.newKeySet();
    private final Departures departures = new Departures();
    private final OutgoingMigrations outgoing = new OutgoingMigrations();
    private final SnapshotsUnderWay snapshots = new SnapshotsUnderWay();
    private volatile Provisioner provisioner;

    /** A service for machines of this process. */
    @Activate
    public MigrationService(@Reference Machines machines) {
        this(machines, Timeouts.DEFAULT);
    }

    /** A service with other timeouts, for tests. */
    public MigrationService(Machines machines, Timeouts timeouts) {
        this(machines, timeouts, ThreadStarter.HOST);
    }

    /** A service with other timeouts and threads, for tests. */
    public MigrationService(Machines machines, Timeouts timeouts, ThreadStarter threads) {
        this.machines = machines;
        this.threads = threads;
        this.transport = new Transport(timeouts);
        this.room = new HostRoom(machines);
        this.upkeep = new Upkeep(machines, (machine, path, version) -> swapHeld(machine, path, version, SwapOptions.DEFAULT));
    }

    /**
     * Ends whatever is under way; what has not been committed stays at its source, and no unfinished file stays behind.
     */
    @Deactivate
    public void close() {
        upkeep.close();
        snapshots.end();
        receivers.forEach(Receiver::close);
        transport.close();
    }

    /** Whoever may install bundles; none unless somebody has configured one. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
        policyOption = ReferencePolicyOption.GREEDY)
    public void setProvisioner(Provisioner service) {
        provisioner = service;
    }

    /** It has gone. */
    public void unsetProvisioner(Provisioner service) {
        if (provisioner == service) {
            provisioner = null;
        }
    }

    private Answering answering(Map<String, Map<String, String>> host) {
        return answering(host, PathRule.ANY);
    }

    private Answering answering(Map<String, Map<String, String>> host, PathRule paths) {
        return new Answering(new InstalledReader(machines, host, paths, Set.of()), () -> Optional.ofNullable(provisioner));
    }

    @Override
    public Verdict check(Machine machine, Endpoint target, MigrationOptions options) {
        try {
            Departure.check(machine);
        } catch (Failure failure) {
            throw failed(failure);
        }
        Manifest manifest = Declaration.of(machine, options.acceptLoss());
        return ask(target, connection -> Inquiry.open(connection, machine, manifest, Capabilities.OURS));
    }

    @Override
    public byte[] declare(Machine machine, Set<String> acceptLoss) {
        try {
            Departure.check(machine);
            return Manifests.encode(Declaration.of(machine, acceptLoss));
        } catch (Failure failure) {
            throw failed(failure);
        }
    }

    @Override
    public byte[] declared(Path file) {
        try (var open = new MachineFile(file)) {
            return Manifests.encode(open.manifest());
        } catch (Failure failure) {
            throw failed(failure);
        }
    }

    @Override
    public Verdict answer(byte[] declaration, Map<String, Map<String, String>> host) {
        try {
            return answering(host).answer(Manifests.decode("declaration", declaration), false).verdict();
        } catch (Failure failure) {
            throw failed(failure);
        }
    }

    @Override
    public Verdict check(byte[] declaration, Endpoint target) {
        return ask(target, connection -> Inquiry.open(connection, Manifests.decode("declaration", declaration)));
    }

    /** A conversation that ends with the answer. */
    private interface Question {
        Inquiry ask(Connection connection) throws Failure;
    }

    private Verdict ask(Endpoint target, Question question) {
        try {
            Connection connection = transport.connect(target).get();
            try {
                Inquiry inquiry = question.ask(connection);
                inquiry.leave();
                return inquiry.answer().verdict();
            } catch (Failure failure) {
                connection.close(failure);
                throw failure;
            } catch (RuntimeException | Error e) {
                connection.close();
                throw e;
            }
        } catch (Failure failure) {
            throw failed(failure);
        } catch (ExecutionException e) {
            throw failed(Failure.of(target.toString(), e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(Failure.line(target.toString(), "interrupted"));
        }
    }

    private static MachineException failed(Failure failure) {
        return new MachineException(MachineException.Kind.FAILED, failure.reasons(), failure);
    }

    @Override
    public OutgoingMigration migrate(Machine machine, Endpoint target, MigrationOptions options) {
        return start(machine, "sterna-migrate-",
            new Outgoing(machine, target, options, transport, departures.of(machine)));
    }

    @Override
    public OutgoingMigration snapshot(Machine machine, Path file, SnapshotOptions options) {
        return start(machine, "sterna-snapshot-", snapshots.noted(new Saving(machine, file, options)));
    }

    /** Whatever keeps it from starting is its result. Nobody hears of one that has no thread. */
    private OutgoingMigration start(Machine machine, String thread, ExclusiveTransfer transfer) {
        var known = new CompletableFuture<Boolean>();
        boolean begun = false;
        try {
            transfer.begin();
            threads.start(thread + machine.name(), () -> {
                if (known.join()) {
                    transfer.run();
                }
            });
            outgoing.began(machine, transfer);
            begun = true;
        } catch (RuntimeException | Error e) {
            transfer.fail(e);
        } finally {
            known.complete(begun);
        }
        return transfer;
    }

    @Override
    public Optional<OutgoingMigration> outgoing(Machine machine) {
        return outgoing.last(machine);
    }

    @Override
    public AutoCloseable onOutgoing(Machine machine, Consumer<OutgoingMigration> listener) {
        return outgoing.add(machine, listener);
    }

    @Override
    public Machine restore(Path file, String name, Map<String, Map<String, String>> host, RestoreOptions options) {
        try {
            PathRule paths = options.allowedPaths().map(PathRule::in).orElse(PathRule.ANY);
            return new Restoring(file, answering(host, paths).accepting(options.acceptChanged()), options, threads).machine(name);
        } catch (Failure failure) {
            throw failed(failure);
        } catch (Error e) {
            throw failed(Failure.of(file.toString(), e));
        }
    }

    @Override
    public Verdict check(Machine machine, String path, String version, SwapOptions options) {
        try {
            return new Swapping(machines, machine, path, version, options).ask().verdict();
        } catch (Failure failure) {
            throw failed(failure);
        } catch (Error e) {
            throw failed(Failure.of(machine.name() + path, e));
        }
    }

    @Override
    public Swap swap(Machine machine, String path, String version, SwapOptions options) {
        try (Operation operation = machine.begin(Operation.Kind.SWAP, "of " + path + " for version " + version, Duration.ZERO)) {
            return swapHeld(machine, path, version, options);
        } catch (Error e) {
            throw failed(Failure.of(machine.name() + path, e));
        }
    }

    private Swap swapHeld(Machine machine, String path, String version, SwapOptions options) {
        try {
            return new Swapping(machines, machine, path, version, options).perform();
        } catch (Failure failure) {
            throw failed(failure);
        } catch (Error e) {
            throw failed(Failure.of(machine.name() + path, e));
        }
    }

    @Override
    public AutoCloseable keepCurrent(Machine machine, Consumer<Swap> told) {
        return upkeep.keepCurrent(machine, told);
    }

    @Override
    public AutoCloseable onDeparture(Machine machine, DepartureListener listener) {
        return departures.add(machine, listener);
    }

    @Override
    public Inspection inspect(Path file) {
        try {
            return Inspector.inspect(file);
        } catch (Failure failure) {
            throw failed(failure);
        }
    }

    @Override
    public Receiver receive(Endpoint listen, ReceiveOptions options) {
        var receiver = new Listening(transport, listen, answering(options.host(), PathRule.in(options.limits().allowedPaths())),
            options, room, threads);
        receivers.add(receiver);
        return receiver;
    }
}
