package org.sterna.migration.internal.wire;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.sterna.machine.state.Criticality;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.FieldPath;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;

/**
 * Whether a verdict answers the manifest that was sent (specification, section 5.3). A wrong answer must not make a
 * source drop what nobody has allowed it to drop.
 */
public final class VerdictRules {
    private final String peer;
    private final Manifest manifest;
    private final Answer answer;
    private final Verdict verdict;
    /** The names of the fields of each section, by its path. */
    private final Map<String, Set<String>> fields = new HashMap<>();

    private VerdictRules(String peer, Manifest manifest, Answer answer) {
        this.peer = peer;
        this.manifest = manifest;
        this.answer = answer;
        this.verdict = answer.verdict();
        for (Manifest.Section section : manifest.sections()) {
            var names = new HashSet<String>();
            Fields.all(section.schema().fields()).forEach(field -> names.add(field.name()));
            fields.put(section.path(), names);
        }
    }

    /**
     * Checks a verdict.
     *
     * @throws Failure if it contradicts itself or the manifest, or is about something else
     */
    public static void check(String peer, Manifest manifest, Answer answer) throws Failure {
        var rules = new VerdictRules(peer, manifest, answer);
        rules.checkOutcome();
        rules.checkEntries();
        for (Manifest.Section section : manifest.sections()) {
            rules.checkPlan(section, answer.plans().get(section.path()));
        }
        rules.checkNames();
    }

    private Failure wrong(String what) {
        return Failure.here(peer, "has sent a verdict that " + what, "");
    }

    private void checkOutcome() throws Failure {
        if (verdict.allowed()
                && verdict.sections().stream().anyMatch(s -> s.outcome().compareTo(verdict.outcome()) > 0)) {
            throw wrong("is " + verdict.outcome().word() + " although one of its sections is not");
        }
        if (!verdict.allowed() && verdict.reasons().isEmpty()) {
            throw wrong("is " + verdict.outcome().word() + " without a reason");
        }
    }

    private void checkEntries() throws Failure {
        var types = new HashMap<String, String>();
        for (Verdict.Section entry : verdict.sections()) {
            if (types.put(entry.path(), entry.type()) != null) {
                throw wrong("has two entries for " + entry.path());
            }
        }
        for (Manifest.Section section : manifest.sections()) {
            String type = types.remove(section.path());
            if (type == null && verdict.allowed()) {
                throw wrong("says nothing about " + section.path());
            }
            if (type != null && !type.equals(section.type())) {
                throw wrong("is about a " + type + " at " + section.path() + ", where there is a " + section.type());
            }
        }
        if (!types.isEmpty()) {
            throw wrong("is about " + types.keySet().iterator().next() + ", which was not asked about");
        }
    }

    private void checkPlan(Manifest.Section section, Answer.Plan plan) throws Failure {
        if (plan == null) {
            if (verdict.allowed()) {
                throw wrong("has no plan for " + section.path());
            }
            return;
        }
        var placed = new HashMap<FieldPath, Fields.Placed>();
        Fields.all(section.schema().fields()).forEach(field -> placed.put(field.path(), field));
        for (FieldPath path : plan.dropped()) {
            Fields.Placed field = placed.get(path);
            if (field == null) {
                throw wrong("drops a field of " + section.path() + " that there is not");
            }
            if (field.field().criticality() == Criticality.MANDATORY && verdict.allowed()) {
                throw wrong("drops the mandatory field " + section.path() + "." + field.name());
            }
        }
    }

    private void checkNames() throws Failure {
        for (Verdict.Condition condition : verdict.conditions()) {
            checkField(condition.path(), condition.field(), "has a condition for");
        }
        for (Verdict.Loss loss : verdict.losses()) {
            checkField(loss.path(), loss.field(), "names a loss of");
        }
        for (Verdict.Provision provision : verdict.provisions()) {
            if (!provision.path().isEmpty() && !fields.containsKey(provision.path())) {
                throw wrong("has a bundle for " + provision.path() + ", which was not asked about");
            }
        }
    }

    private void checkField(String path, String field, String what) throws Failure {
        if (!fields.getOrDefault(path, Set.of()).contains(field)) {
            throw wrong(what + " " + path + "." + field + ", which there is not");
        }
    }
}
