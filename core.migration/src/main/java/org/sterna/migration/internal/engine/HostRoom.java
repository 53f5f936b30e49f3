package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.migration.ReceiveLimits;
import org.sterna.migration.internal.wire.Failure;

/**
 * The room that this process has for machines that come: their names, their number and their memory. All its receivers share it, and
 * a machine has its room from START on, so that two that come at the same time cannot both get what is there for one. Any thread.
 */
public final class HostRoom {
    private final Machines machines;
    private final LongSupplier physicalMemory;
    private final LongSupplier availableMemory;
    /** The machines that are coming, by name. */
    private final Map<String, Held> coming = new HashMap<>();

    /** The room of a host beside the machines that it has. */
    public HostRoom(Machines machines) {
        this(machines, HostMemory::physical, HostMemory::available);
    }

    HostRoom(Machines machines, LongSupplier physicalMemory, LongSupplier availableMemory) {
        this.machines = machines;
        this.physicalMemory = physicalMemory;
        this.availableMemory = availableMemory;
    }

    /** Room that a machine has while it comes. */
    interface Place extends AutoCloseable {
        /** Gives it up, once; the machine is here, or has been closed. */
        @Override
        void close();
    }

    private final class Held implements Place {
        private final String name;
        private final long memory;

        Held(String name, long memory) {
            this.name = name;
            this.memory = memory;
        }

        @Override
        public void close() {
            synchronized (HostRoom.this) {
                // Another machine may have come by this name since it was given up.
                coming.remove(name, this);
            }
        }
    }

    /** Why a machine would not get room now. */
    synchronized List<Reason> obstacles(String name, AbiDocument abi, ReceiveLimits limits) {
        var reasons = new ArrayList<Reason>();
        Map<String, Long> others = used();
        if (coming.containsKey(name)) {
            reasons.add(Reason.of(name, "this receiver is taking over another machine", "try again later"));
        } else if (others.containsKey(name)) {
            reasons.add(Reason.of(name, "this receiver has a machine already, and takes one at a time",
                "migrate to another receiver, or wait until that machine has ended or left"));
        }
        if (others.size() >= limits.maxMachines()) {
            reasons.add(Reason.of(name, "this host has " + others.size() + (others.size() == 1 ? " machine" : " machines")
                + " and takes no more than " + limits.maxMachines(),
                "wait until one has ended or left, or start the receiver with a larger --max-machines"));
        }
        memoryObstacle(name, abi.memory(), others.values().stream().mapToLong(Long::longValue).sum(), limits).ifPresent(reasons::add);
        return reasons;
    }

    private Optional<Reason> memoryObstacle(String name, long wanted, long others, ReceiveLimits limits) {
        long most = limits.maxMemory().orElseGet(physicalMemory);
        if (wanted <= most - others) {
            return limits.maxMemory().isPresent() ? Optional.empty() : shortage(name, wanted);
        }
        String host = limits.maxMemory().isPresent() ? "this receiver may give machines " + HostMemory.text(most)
            : "this host has " + HostMemory.text(most);
        String here = others == 0 ? "" : ", of which the machines here have " + HostMemory.text(others);
        return Optional.of(new Reason(name, "memory", "the guest has " + HostMemory.text(wanted) + " of memory, and " + host
            + here, "make room there, or migrate to another host; a receiver with a larger --max-memory gives more"
                + (limits.maxMemory().isPresent() ? "" : " than its host has")));
    }

    /** Other processes of the host, machines or not, need memory too. */
    private Optional<Reason> shortage(String name, long wanted) {
        // Those that are coming have not used theirs yet.
        long available = availableMemory.getAsLong() - coming.values().stream().mapToLong(held -> held.memory).sum();
        return wanted <= available ? Optional.empty() : Optional.of(new Reason(name, "memory", "the guest has "
            + HostMemory.text(wanted) + " of memory, and this host has " + HostMemory.text(Math.max(0, available)) + " left now",
            "make room there, or migrate to another host; a receiver with --max-memory takes no account of what is left"));
    }

    /** The guest memory of the machines that are here or coming, by name. */
    private Map<String, Long> used() {
        var used = new HashMap<String, Long>();
        coming.forEach((name, held) -> used.put(name, held.memory));
        for (Machine machine : machines.running()) {
            used.put(machine.name(), machine.abi().memory());
        }
        return used;
    }

    /**
     * Gives a machine room.
     *
     * @throws Failure with what {@link #obstacles} would say
     */
    synchronized Place take(String name, AbiDocument abi, ReceiveLimits limits) throws Failure {
        List<Reason> reasons = obstacles(name, abi, limits);
        if (!reasons.isEmpty()) {
            throw new Failure(Failure.Origin.HERE, reasons);
        }
        var held = new Held(name, abi.memory());
        coming.put(name, held);
        return held;
    }
}
