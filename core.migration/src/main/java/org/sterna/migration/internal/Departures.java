package org.sterna.migration.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.sterna.machine.Machine;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;

/** Who wants to know when the guest of a machine is given away. */
final class Departures {
    private final MachineEntries<List<DepartureListener>> listeners = new MachineEntries<>(CopyOnWriteArrayList::new);

    /** Adds one for as long as the machine has not been closed. */
    AutoCloseable add(Machine machine, DepartureListener listener) {
        List<DepartureListener> ofMachine = listeners.of(machine);
        ofMachine.add(listener);
        return () -> ofMachine.remove(listener);
    }

    private List<DepartureListener> all(Machine machine) {
        return listeners.existing(machine).orElse(List.of());
    }

    /** All of a machine as one: if one has an exception, those that were told before are told that the guest stays. */
    DepartureListener of(Machine machine) {
        return new DepartureListener() {
            @Override
            public void leaving(Endpoint target) {
                var told = new ArrayList<DepartureListener>();
                try {
                    all(machine).forEach(listener -> {
                        told.add(listener);
                        listener.leaving(target);
                    });
                } catch (RuntimeException | Error e) {
                    told.forEach(DepartureListener::stays);
                    throw e;
                }
            }

            @Override
            public void stays() {
                all(machine).forEach(DepartureListener::stays);
            }
        };
    }
}
