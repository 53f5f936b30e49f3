package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.sterna.machine.state.Criticality;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Loss;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.negotiation.Fields.Placed;

/**
 * Says what an answer gives up because the operator accepts it. Both sides find that out by themselves, from the plan and from what
 * is accepted, so it holds whatever the peer's version says of it.
 */
public final class AcceptedLosses {
    private AcceptedLosses() {
    }

    /** An answer that names what it loses, and whose outcome says so. */
    public static Answer name(Manifest manifest, Answer answer) {
        var losses = new ArrayList<Loss>();
        for (Manifest.Section section : manifest.sections()) {
            Answer.Plan plan = answer.plans().get(section.path());
            if (plan != null) {
                Fields.all(section.schema().fields()).stream().filter(field -> plan.dropped().contains(field.path()))
                    .filter(field -> isGivenUp(manifest, section, field))
                    .forEach(field -> losses.add(new Loss(section.path(), field.name())));
            }
        }
        return new Answer(named(answer.verdict(), losses), answer.plans());
    }

    /** Whether a field that is not sent is not sent because its loss is accepted: no condition is there for it then. */
    static boolean isGivenUp(Manifest manifest, Manifest.Section section, Placed field) {
        return field.field().criticality() == Criticality.IGNORABLE_IF_DEFAULT
            && manifest.acceptLoss().contains(section.path() + "." + field.name());
    }

    /** A verdict in the words of the wire with what it loses. */
    public static Verdict named(Verdict verdict, List<Loss> losses) {
        Set<String> paths = new HashSet<>();
        losses.forEach(loss -> paths.add(loss.path()));
        var sections = verdict.sections().stream().map(section -> paths.contains(section.path())
            ? section.with(worse(section.outcome())) : section).toList();
        return new Verdict(losses.isEmpty() ? verdict.outcome() : worse(verdict.outcome()), sections, verdict.reasons(),
            verdict.conditions(), verdict.provisions(), losses, verdict.remarks());
    }

    private static Outcome worse(Outcome outcome) {
        return outcome.compareTo(Outcome.LOSSY_ACCEPTED) < 0 ? Outcome.LOSSY_ACCEPTED : outcome;
    }

    /** A verdict in the words of the wire: who does not know that losses can be named reads the same as ever. */
    public static Verdict unnamed(Verdict verdict) {
        var sections = verdict.sections().stream().map(section -> section.with(onWire(section.outcome(),
            verdict.conditions().stream().anyMatch(condition -> condition.path().equals(section.path()))))).toList();
        return new Verdict(onWire(verdict.outcome(), !verdict.conditions().isEmpty()), sections, verdict.reasons(),
            verdict.conditions(), verdict.provisions(), verdict.losses(), verdict.remarks());
    }

    private static Outcome onWire(Outcome outcome, boolean conditions) {
        return outcome != Outcome.LOSSY_ACCEPTED ? outcome : conditions ? Outcome.OK_IF : Outcome.OK;
    }
}
