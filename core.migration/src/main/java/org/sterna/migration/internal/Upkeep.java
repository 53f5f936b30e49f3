package org.sterna.migration.internal;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Operation;
import org.sterna.machine.Part;
import org.sterna.migration.Swap;

/**
 * Looks after machines when bundles come and go: a device whose bundle has gone goes on with the same version or a newer one as soon
 * as there is one that can take its state; and where the operator wants it, every device goes on with the newest. An older
 * version is the operator's decision: a bundle that is only refreshed must not change what runs.
 */
final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** Swaps a device of a machine for which the operation has been begun. */
    @FunctionalInterface
    interface Swapper {
        /** Does it, or says why not. */
        Swap swap(Machine machine, String path, String version);
    }

    private final Machines machines;
    private final Swapper swapper;
    private final Map<Machine, Consumer<Swap>> current = new ConcurrentHashMap<>();
    /** Those that were busy when they were to be looked at. */
    private final Set<Machine> later = ConcurrentHashMap.newKeySet();
    /** Those whose operations are followed, until they are closed. */
    private final Set<Machine> followed = ConcurrentHashMap.newKeySet();
    /** One look at a time, away from whoever installs. */
    private final ExecutorService looks =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("sterna-upkeep").factory());
    private final AtomicBoolean due = new AtomicBoolean();
    private final AutoCloseable listening;

    Upkeep(Machines machines, Swapper swapper) {
        this.machines = machines;
        this.swapper = swapper;
        this.listening = machines.onInstalled(this::changed);
    }

    /** Keeps a machine on the newest versions from now on. */
    AutoCloseable keepCurrent(Machine machine, Consumer<Swap> told) {
        current.put(machine, told);
        follow(machine);
        changed();
        return () -> current.remove(machine);
    }

    /** Looks again at a machine that was busy as soon as it is free. */
    private void follow(Machine machine) {
        if (followed.add(machine)) {
            machine.onOperation(() -> lookAgain(machine));
            machine.onPhase(phase -> {
                if (phase == Phase.CLOSED) {
                    forget(machine);
                }
            });
            if (machine.phase() == Phase.CLOSED) {
                forget(machine);
            }
        }
    }

    private void forget(Machine machine) {
        current.remove(machine);
        later.remove(machine);
        followed.remove(machine);
    }

    private void lookAgain(Machine machine) {
        if (machine.operation().isEmpty() && later.remove(machine)) {
            changed();
        }
    }

    private void changed() {
        if (due.compareAndSet(false, true)) {
            boolean taken = false;
            try {
                looks.execute(this::look);
                taken = true;
            } catch (RejectedExecutionException e) {
                // It is closed.
            } catch (OutOfMemoryError e) {
                LOG.error("devices cannot be looked after: this host cannot start another thread", e);
            } finally {
                // One that was not taken must not keep the next from being taken.
                if (!taken) {
                    due.set(false);
                }
            }
        }
    }

    private void look() {
        due.set(false);
        for (Machine machine : machines.running()) {
            try {
                look(machine);
            } catch (RuntimeException | Error e) {
                // One machine that ends, or a plug-in that fails, must not keep the others from being looked at.
                LOG.error("{} cannot be looked after", machine.name(), e);
            }
        }
    }

    private void look(Machine machine) {
        if (machine.phase() == Phase.RUNNING || machine.phase() == Phase.PAUSED) {
            follow(machine);
            for (Part part : machine.parts()) {
                look(machine, part);
            }
        }
    }

    private void look(Machine machine, Part part) {
        boolean gone = machine.held().contains(part.path());
        if (!gone && (!current.containsKey(machine) || !machine.abi().devices().containsKey(part.path()))) {
            return;
        }
        List<Version> candidates = candidates(part, gone);
        if (candidates.isEmpty()) {
            return;
        }
        try (Operation operation = begin(machine, part)) {
            if (operation != null) {
                swap(machine, part, candidates);
            }
        } catch (MachineException e) {
            LOG.warn("{}: {}", machine.name(), e.getMessage());
        }
    }

    /** Takes the machine, or remembers that it has to be looked at when it is free. */
    private Operation begin(Machine machine, Part part) {
        try {
            return machine.begin(Operation.Kind.SWAP, "of " + part.path(), Duration.ZERO);
        } catch (MachineException busy) {
            LOG.debug("{} is looked at later", machine.name(), busy);
            later.add(machine);
            // It may have become free meanwhile.
            lookAgain(machine);
            return null;
        }
    }

    private void swap(Machine machine, Part part, List<Version> candidates) {
        Consumer<Swap> told = current.getOrDefault(machine, swap -> { });
        for (Version version : candidates) {
            Swap swap = swapper.swap(machine, part.path(), version.toString());
            told.accept(swap);
            if (swap.done()) {
                LOG.info("{}{} is {} now", machine.name(), part.path(), version);
                return;
            }
            LOG.warn("{}{} cannot be {}: {}", machine.name(), part.path(), version, swap.reasons());
        }
    }

    /** The same version comes first if its bundle had only gone for a moment, then the newest. */
    private List<Version> candidates(Part part, boolean gone) {
        return machines.models().stream().filter(model -> model.kind() == InstalledModel.Kind.DEVICE)
            .filter(model -> model.model().type().equals(part.type())).map(InstalledModel::version)
            .filter(version -> version.compareTo(part.version()) >= (gone ? 0 : 1))
            .sorted(Comparator.<Version, Boolean>comparing(version -> !version.equals(part.version()))
                .thenComparing(Comparator.reverseOrder())).toList();
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        looks.shutdownNow();
    }
}
