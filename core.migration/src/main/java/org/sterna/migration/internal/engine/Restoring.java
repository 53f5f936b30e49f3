package org.sterna.migration.internal.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.migration.RestoreOptions;
import org.sterna.migration.internal.file.MachineFile;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Messages;

/** Machines that come out of files. */
public final class Restoring {
    private static final Logger LOG = LoggerFactory.getLogger(Restoring.class);

    private static final Duration LOOK = Duration.ofSeconds(60);

    private final Path path;
    private final Answering answering;
    private final RestoreOptions options;
    private final ThreadStarter threads;

    /** A restoration that has not begun. */
    public Restoring(Path path, Answering answering, RestoreOptions options, ThreadStarter threads) {
        this.threads = threads;
        this.path = path;
        this.answering = answering;
        this.options = options;
    }

    /**
     * Makes the machine. It runs if it ran when the file was written; its memory is read when it is touched, and
     * checked meanwhile: where the file turns out to be damaged, the guest is stopped and the machine says why.
     */
    public Machine machine(String name) throws Failure {
        var file = new MachineFile(path);
        // A guest that runs must not depend on a thread that cannot be had any more.
        var restored = new CompletableFuture<Optional<Machine>>();
        Machine machine = null;
        boolean done = false;
        try {
            requireKnown(options.acceptChanged(), file.manifest());
            Answer answer = answering.answer(file.manifest(), true);
            if (!answer.verdict().allowed()) {
                throw new Failure(Failure.Origin.HERE, answer.verdict().reasons());
            }
            threads.start("sterna-verify-" + name, () -> restored.join().ifPresent(running -> verify(file, running)));
            InstalledReader installed = answering.installed();
            machine = installed.machines().build(name, file.manifest().abi(), installed.host(file.manifest()));
            closeWith(machine, file);
            try (Operation operation = machine.begin(Operation.Kind.RESTORE, "from " + path, Duration.ZERO)) {
                load(file, answer, machine);
                options.beforeRunning().accept(machine);
                operation.arrive(file.finish().running());
                operation.release();
                done = true;
            }
            return machine;
        } finally {
            if (done) {
                restored.complete(Optional.of(machine));
            } else {
                restored.complete(Optional.empty());
                giveUp(machine, file);
            }
        }
    }

    /** As long as there is the machine, its memory is read from the file. */
    private static void closeWith(Machine machine, MachineFile file) {
        machine.onPhase(phase -> {
            if (phase == Phase.CLOSED) {
                file.close();
            }
        });
        if (machine.phase() == Phase.CLOSED) {
            file.close();
        }
    }

    /** An operator who accepts what is not there means something else. */
    private void requireKnown(Set<String> accepted, Manifest manifest) {
        var known = new TreeSet<String>();
        manifest.contents().forEach((device, identities) ->
            identities.forEach(identity -> known.add(device + "." + identity.property())));
        var unknown = accepted.stream().filter(name -> !known.contains(name)).sorted().toList();
        if (!unknown.isEmpty()) {
            String remedy = known.isEmpty() ? "accept nothing: the file says this of no resource"
                : "it says that of " + String.join(", ", known);
            throw new MachineException(MachineException.Kind.USAGE, unknown.stream().map(name -> Reason.of(name,
                "cannot be accepted as changed: " + path + " does not say what its content was", remedy)).toList());
        }
    }

    private static void giveUp(Machine machine, MachineFile file) {
        try {
            if (machine != null) {
                machine.close();
            }
        } finally {
            file.close();
        }
    }

    private void load(MachineFile file, Answer answer, Machine machine) throws Failure {
        var arrival = Arrival.of(path.toString(), file.manifest(), answer, machine, true);
        for (Messages.Section section : file.sections().values()) {
            arrival.keep(section);
        }
        arrival.complete(file.finish().sections());
        file.load(machine.memory());
        file.hold("machine " + machine.name() + ", whose memory is read from it");
        machine.attach();
        requireSameContents(file, machine);
        arrival.restoreWhole();
        machine.restored();
    }

    /** Now nobody else can change them any more. */
    private void requireSameContents(MachineFile file, Machine machine) throws Failure {
        if (file.manifest().contents().isEmpty()) {
            return;
        }
        var changed = answering.installed().changed(file.manifest(), machine.contents(LOOK), machine.hostSettings());
        if (!changed.isEmpty()) {
            throw new Failure(Failure.Origin.HERE, changed);
        }
    }

    private static void verify(MachineFile file, Machine machine) {
        try {
            file.verify(() -> machine.phase() == Phase.CLOSED);
        } catch (Failure damaged) {
            if (machine.phase() != Phase.CLOSED) {
                LOG.error("{} was restored from a damaged file: {}", machine.name(), damaged.getMessage());
                stop(machine, damaged);
            }
        }
    }

    private static void stop(Machine machine, Failure damaged) {
        String why = machine.memory().unreadable(damaged).orElse("the file that its memory comes from is damaged: " + damaged.getMessage());
        // Before it stands still, so that nobody can let it go on, save it or send it away from then on.
        machine.memory().declareUnreadable(why);
        try {
            machine.pause();
        } catch (RuntimeException e) {
            LOG.error("{} cannot be stopped", machine.name(), e);
        }
        machine.explain(why);
    }
}
