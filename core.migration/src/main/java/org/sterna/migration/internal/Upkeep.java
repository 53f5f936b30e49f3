package org.sterna.migration.internal;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
import org.sterna.machine.Part;
import org.sterna.migration.Migrations;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;

/**
 * Looks after machines when bundles come and go: a device whose bundle has gone goes on with the same version or a newer one as soon
 * as there is one that can take its state; and where the operator wants it, every device goes on with the newest. An older
 * version is the operator's decision: a bundle that is only refreshed must not change what runs.
 */
final class Upkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    private final Machines machines;
    private final Migrations migrations;
    private final Map<Machine, Consumer<Swap>> current = new ConcurrentHashMap<>();
    /** One look at a time, away from whoever installs. */
    private final ExecutorService looks = Executors.newSingleThreadExecutor(Thread.ofVirtual().name("sterna-upkeep").factory());
    private final AtomicBoolean due = new AtomicBoolean();
    private final AutoCloseable listening;

    Upkeep(Machines machines, Migrations migrations) {
        this.machines = machines;
        this.migrations = migrations;
        this.listening = machines.onInstalled(this::changed);
    }

    /** Keeps a machine on the newest versions from now on. */
    AutoCloseable keepCurrent(Machine machine, Consumer<Swap> told) {
        current.put(machine, told);
        machine.onPhase(phase -> {
            if (phase == Phase.CLOSED) {
                current.remove(machine);
            }
        });
        changed();
        return () -> current.remove(machine);
    }

    private void changed() {
        if (due.compareAndSet(false, true)) {
            try {
                looks.execute(this::look);
            } catch (RejectedExecutionException e) {
                // It is closed.
            }
        }
    }

    private void look() {
        due.set(false);
        for (Machine machine : machines.running()) {
            if (machine.phase() != Phase.RUNNING && machine.phase() != Phase.PAUSED) {
                continue;
            }
            for (Part part : machine.parts()) {
                try {
                    look(machine, part);
                } catch (MachineException e) {
                    LOG.warn("{}: {}", machine.name(), e.getMessage());
                }
            }
        }
    }

    private void look(Machine machine, Part part) {
        boolean gone = machine.held().contains(part.path());
        Consumer<Swap> told = current.getOrDefault(machine, swap -> { });
        if (!gone && (!current.containsKey(machine) || !machine.abi().devices().containsKey(part.path()))) {
            return;
        }
        for (Version version : candidates(part, gone)) {
            Swap swap = migrations.swap(machine, part.path(), version.toString(), SwapOptions.DEFAULT);
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
