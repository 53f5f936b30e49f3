package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Place;

/**
 * What must hold of the states once the guest stands still: all that a plan drops has its default, or is accepted as lost. That is
 * more than the verdict's conditions say, since a reader cannot be trusted with what it forgets.
 */
final class Conditions {
    private Conditions() {
    }

    /** What does not hold of the states, by path, for a reader somewhere. */
    static List<Reason> broken(Place reader, Manifest manifest, Answer answer, Map<String, SortedMap<Long, Object>> states) {
        var broken = new ArrayList<Reason>();
        for (Manifest.Section section : manifest.sections()) {
            var fields = section.schema().fields();
            var notDefault = Fields.notDefault(fields, states.get(section.path()));
            notDefault.retainAll(answer.plans().get(section.path()).dropped());
            for (var placed : Fields.all(fields)) {
                if (notDefault.contains(placed.path())
                        && !manifest.acceptLoss().contains(section.path() + "." + placed.name())) {
                    broken.add(new Reason(section.path(), placed.name(), "the guest has changed it since it was asked about, and"
                        + " it would be forgotten", reader.have(section.type() + " >= " + section.version())));
                }
            }
        }
        return broken;
    }
}
