package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.internal.negotiation.FieldPath;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;

/** Makes the manifest of a machine that may be running. */
public final class Declaration {
    private Declaration() {
    }

    /** The manifest. Of the state only a glimpse is taken, and only where a value decides whether a field can be left out. */
    public static Manifest of(Machine machine, Set<String> acceptLoss) {
        checkNames(machine, acceptLoss);
        GuestMemory memory = machine.memory();
        return new Manifest(machine.name(), machine.abi(), machine.parts().stream().map(Declaration::section).toList(),
            List.of(new Manifest.Region(Manifest.Region.RAM, memory.base(), memory.size(), GuestMemory.PAGE_SIZE)),
            machine.hostSettings(), acceptLoss);
    }

    /** The manifest of one part alone. */
    static Manifest of(Machine machine, Part part, Set<String> acceptLoss) {
        checkNames(machine, acceptLoss);
        return new Manifest(machine.name(), machine.abi(), List.of(section(part)), List.of(), machine.hostSettings(), acceptLoss);
    }

    private static Manifest.Section section(Part part) {
        var fields = part.schema().fields();
        var notDefault = Fields.haveConditions(fields) ? Fields.notDefault(fields, glimpse(part)) : new TreeSet<FieldPath>();
        return new Manifest.Section(part.path(), part.type(), part.version().toString(), part.schema(), notDefault,
            part.acknowledged(), part.after());
    }

    private static SortedMap<Long, Object> glimpse(Part part) {
        try {
            return part.state();
        } catch (MachineException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new MachineException(MachineException.Kind.FAILED, List.of(Reason.of(part.path(),
                part.type() + " " + part.version() + " cannot say its state: " + e, "this is a defect of its bundle")), e);
        }
    }

    /** A misspelt field would silently accept nothing. */
    private static void checkNames(Machine machine, Set<String> acceptLoss) {
        if (acceptLoss.isEmpty()) {
            return;
        }
        var names = new TreeSet<String>();
        for (Part part : machine.parts()) {
            Fields.all(part.schema().fields()).forEach(placed -> names.add(part.path() + "." + placed.name()));
        }
        var wrong = new ArrayList<Reason>();
        for (String name : new TreeSet<>(acceptLoss)) {
            if (!names.contains(name)) {
                String path = name.split("\\.", 2)[0];
                var known = names.stream().filter(other -> other.startsWith(path + ".")).toList();
                wrong.add(Reason.of(name, "no such field, so its loss cannot be accepted", known.isEmpty()
                    ? "write /path.field; the paths are "
                        + String.join(", ", machine.parts().stream().map(Part::path).toList())
                    : "the fields there are " + String.join(", ", known)));
            }
        }
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, wrong);
        }
    }
}
