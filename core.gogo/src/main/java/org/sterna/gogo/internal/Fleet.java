package org.sterna.gogo.internal;

import java.util.Collection;
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

    /** The names, for completion. */
    Collection<String> names() {
        return all().stream().map(Machine::name).toList();
    }

    /**
     * What can be given up of all machines, or of the one of a name, for completion: the fields of the state of parts.
     *
     * @param words may begin with a name
     */
    Collection<String> fields(List<String> words) {
        return all().stream().filter(machine -> words.isEmpty() || machine.name().equals(words.getFirst()))
            .flatMap(machine -> machine.parts().stream())
            .flatMap(part -> part.schema().fields().stream().map(field -> part.path() + "." + field.name())).distinct().toList();
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
