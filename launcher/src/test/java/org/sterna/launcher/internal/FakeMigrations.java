package org.sterna.launcher.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;
import org.sterna.migration.Inspection;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.RestoreOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.Verdict;

/** Migrations whose verdict and course a test decides. */
public final class FakeMigrations implements Migrations {
    /** The verdict on anything. */
    public volatile Verdict verdict = Verdicts.okIf();
    private final Map<Machine, List<Consumer<OutgoingMigration>>> listeners = new ConcurrentHashMap<>();
    /** The migrations that have been started. */
    public final BlockingQueue<Outgoing> started = new LinkedBlockingQueue<>();
    /** The last one of each machine. */
    private final Map<Machine, Outgoing> outgoing = new ConcurrentHashMap<>();
    /** The options of the receivers that have been opened. */
    public final BlockingQueue<ReceiveOptions> receivers = new LinkedBlockingQueue<>();
    /** The options of those that have been closed. */
    public final BlockingQueue<ReceiveOptions> closedReceivers = new LinkedBlockingQueue<>();

    /** What is found in any file. */
    public volatile Inspection inspection;

    /** What a check of a running machine does before it answers. */
    public volatile Runnable onCheck = () -> { };

    @Override
    public Verdict check(Machine machine, Endpoint target, MigrationOptions options) {
        onCheck.run();
        return verdict;
    }

    @Override
    public OutgoingMigration migrate(Machine machine, Endpoint target, MigrationOptions options) {
        return begin(machine, new Outgoing(Operation.Kind.MIGRATION, target, options, verdict));
    }

    @Override
    public OutgoingMigration snapshot(Machine machine, Path file, SnapshotOptions options) {
        var outgoing = new Outgoing(Operation.Kind.SNAPSHOT, null, null, null);
        outgoing.file = file;
        outgoing.snapshot = options;
        return begin(machine, outgoing);
    }

    private Outgoing begin(Machine machine, Outgoing outgoing) {
        try {
            Operation operation = machine.begin(outgoing.kind(), "to a test", Duration.ZERO);
            outgoing.operation = operation;
            outgoing.result().thenAccept(status -> {
                if (outgoing.kind() == Operation.Kind.MIGRATION && status.phase() == MigrationStatus.Phase.COMPLETED) {
                    operation.hold();
                    operation.relinquish();
                    operation.commit();
                    operation.confirm();
                }
                operation.close();
            });
            this.outgoing.put(machine, outgoing);
            listeners.getOrDefault(machine, List.of()).forEach(listener -> listener.accept(outgoing));
            started.add(outgoing);
        } catch (MachineException busy) {
            outgoing.step(MigrationStatus.Phase.FAILED, busy.reasons().toArray(Reason[]::new));
        }
        return outgoing;
    }

    @Override
    public Optional<OutgoingMigration> outgoing(Machine machine) {
        return Optional.ofNullable(outgoing.get(machine));
    }

    @Override
    public AutoCloseable onOutgoing(Machine machine, Consumer<OutgoingMigration> listener) {
        List<Consumer<OutgoingMigration>> all = listeners.computeIfAbsent(machine, added -> new CopyOnWriteArrayList<>());
        all.add(listener);
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.CLOSED) {
                listeners.remove(machine);
                outgoing.remove(machine);
            }
        });
        return () -> all.remove(listener);
    }

    @Override
    public byte[] declare(Machine machine, Set<String> acceptLoss) {
        return new byte[] {1, 2, 3};
    }

    @Override
    public byte[] declared(Path file) {
        return new byte[] {4, 5, 6};
    }

    @Override
    public Verdict answer(byte[] declaration, Map<String, Map<String, String>> host) {
        return verdict;
    }

    @Override
    public Verdict check(byte[] declaration, Endpoint target) {
        return verdict;
    }

    @Override
    public Verdict check(Machine machine, String path, String version, SwapOptions options) {
        return verdict;
    }

    @Override
    public Swap swap(Machine machine, String path, String version, SwapOptions options) {
        return new Swap(verdict, verdict.allowed(), verdict.allowed() ? 1_234_567 : 0, verdict.reasons());
    }

    @Override
    public AutoCloseable keepCurrent(Machine machine, Consumer<Swap> told) {
        return () -> { };
    }

    @Override
    public AutoCloseable onDeparture(Machine machine, DepartureListener listener) {
        return () -> { };
    }

    @Override
    public Machine restore(Path file, String name, Map<String, Map<String, String>> host, RestoreOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Inspection inspect(Path file) {
        return inspection;
    }

    @Override
    public Receiver receive(Endpoint listen, ReceiveOptions options) {
        receivers.add(options);
        return new Receiver() {
            @Override
            public Endpoint endpoint() {
                return listen;
            }

            @Override
            public void close() {
                closedReceivers.add(options);
            }
        };
    }

    /** A migration under way. */
    public static final class Outgoing implements OutgoingMigration {
        private final Operation.Kind kind;
        public final Endpoint target;
        public final MigrationOptions options;
        private final Verdict verdict;
        private final CompletableFuture<MigrationStatus> result = new CompletableFuture<>();
        private final List<Consumer<MigrationStatus.Phase>> listeners = new CopyOnWriteArrayList<>();
        private volatile MigrationStatus status;
        /** What has been begun on the machine. */
        public volatile Operation operation;
        /** Where a snapshot goes, and how it is made. */
        public volatile Path file;
        public volatile SnapshotOptions snapshot;
        /** How long the guest stands still, in nanoseconds. */
        public volatile long downtime = 20_000_000;
        /** How long the last round would take, in nanoseconds. */
        public volatile long expected = 10_000_000;

        Outgoing(Operation.Kind kind, Endpoint target, MigrationOptions options, Verdict verdict) {
            this.kind = kind;
            this.target = target;
            this.options = options;
            this.verdict = verdict;
            step(MigrationStatus.Phase.PRECOPY);
        }

        /** Moves on. */
        public void step(MigrationStatus.Phase phase, Reason... reasons) {
            status = new MigrationStatus(phase, verdict, 3, 64 << 20, 70_000_000, 4096, 100, 4_096_000, 500_000_000,
                expected, downtime, 900_000_000, List.of(reasons));
            if (!status.ended()) {
                listeners.forEach(listener -> listener.accept(phase));
            } else {
                result.complete(status);
            }
        }

        @Override
        public Operation.Kind kind() {
            return kind;
        }

        @Override
        public MigrationStatus status() {
            return status;
        }

        @Override
        public boolean cancel() {
            step(MigrationStatus.Phase.CANCELLED);
            return true;
        }

        @Override
        public AutoCloseable onPhase(Consumer<MigrationStatus.Phase> listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }

        @Override
        public CompletableFuture<MigrationStatus> result() {
            return result;
        }
    }
}
