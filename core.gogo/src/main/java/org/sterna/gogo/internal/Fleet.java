package org.sterna.gogo.internal;

import java.util.Comparator;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;

/** The machines of this framework, by name. */
@Component(service = Fleet.class)
public final class Fleet {
    private final Machines machines;

    /** All that the service has. */
    @Activate
    public Fleet(@Reference Machines machines) {
        this.machines = machines;
    }

    List<Machine> all() {
        return machines.running().stream().sorted(Comparator.comparing(Machine::name)).toList();
    }

    /**
     * The machine of a name.
     *
     * @throws MachineException if there is none
     */
    Machine get(String name) {
        return all().stream().filter(machine -> machine.name().equals(name)).findFirst()
            .orElseThrow(() -> MachineException.usage(name, "",
            "no such machine", all().isEmpty() ? "there are none" : "there are "
                + String.join(", ", all().stream().map(Machine::name).toList())));
    }
}
