package org.sterna.migration.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.sterna.machine.Machine;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;

/** Who wants to know when the guest of a machine is given away. */
final class Departures {
    private final Map<Machine, List<DepartureListener>> listeners = new ConcurrentHashMap<>();

    /** Adds one for as long as the machine has not been closed. */
    AutoCloseable add(Machine machine, DepartureListener listener) {
        listeners.computeIfAbsent(machine, added -> {
            machine.onPhase(phase -> {
                if (phase == Machine.Phase.CLOSED) {
                    listeners.remove(machine);
                }
            });
            return new CopyOnWriteArrayList<>();
        }).add(listener);
        return () -> listeners.getOrDefault(machine, new ArrayList<>()).remove(listener);
    }

    /** All of a machine as one: if one has an exception, those that were told before are told that the guest stays. */
    DepartureListener of(Machine machine) {
        return new DepartureListener() {
            @Override
            public void leaving(Endpoint target) {
                var told = new ArrayList<DepartureListener>();
                try {
                    listeners.getOrDefault(machine, List.of()).forEach(listener -> {
                        told.add(listener);
                        listener.leaving(target);
                    });
                } catch (RuntimeException e) {
                    told.forEach(DepartureListener::stays);
                    throw e;
                }
            }

            @Override
            public void stays() {
                listeners.getOrDefault(machine, List.of()).forEach(DepartureListener::stays);
            }
        };
    }
}
