package org.sterna.migration.internal.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Condition;
import org.sterna.migration.Verdict.Dropped;
import org.sterna.migration.Verdict.Loss;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.Verdict.Provision;
import org.sterna.migration.internal.negotiation.AcceptedLosses;
import org.sterna.migration.internal.negotiation.Answer;

/** The payload of a VERDICT frame (specification, section 5.3). */
public final class Answers {
    /** The words of protocol 1.0; that losses have been accepted is said by the fields. */
    private static final Map<String, Outcome> OUTCOMES = Arrays.stream(Outcome.values())
        .filter(outcome -> outcome != Outcome.LOSSY_ACCEPTED).collect(Collectors.toMap(Outcome::word, Function.identity()));

    private Answers() {
    }

    /** The bytes of an answer. */
    public static byte[] encode(Answer answer) {
        Verdict verdict = AcceptedLosses.unnamed(answer.verdict());
        var sections = verdict.sections().stream().map(section -> tree(section, answer.plans().get(section.path()))).toList();
        var tree = Trees.map("outcome", verdict.outcome().word(), "sections", sections,
            "reasons", Trees.reasons(verdict.reasons()),
            "conditions", verdict.conditions().stream()
                .map(condition -> Trees.map("path", condition.path(), "field", condition.field())).toList());
        if (!verdict.provisions().isEmpty()) {
            tree.put("provisions", verdict.provisions().stream().map(provision -> Trees.map("path", provision.path(),
                "bundle", provision.bundle(), "version", provision.version(), "installed", provision.installed())).toList());
        }
        if (!verdict.losses().isEmpty()) {
            tree.put("losses", verdict.losses().stream().map(loss -> Trees.map("path", loss.path(), "field", loss.field())).toList());
        }
        if (!verdict.remarks().isEmpty()) {
            tree.put("remarks", Trees.reasons(verdict.remarks()));
        }
        return Cbor.encode(tree);
    }

    private static Object tree(Verdict.Section section, Answer.Plan plan) {
        var tree = Trees.map("path", section.path(), "type", section.type(),
            "writer", Trees.map("state", (long) section.writerVersion(), "bundle", section.writerBundle()),
            "reader", Trees.map("state", (long) section.readerVersion(), "bundle", section.readerBundle()),
            "outcome", section.outcome().word(),
            "dropped", section.dropped().stream()
                .map(dropped -> Trees.map("field", dropped.field(), "why", dropped.why())).toList(),
            "defaulted", section.defaulted());
        if (!section.translator().isEmpty()) {
            tree.put("translator", section.translator());
        }
        if (plan != null) {
            tree.put("plan", Trees.map("drop", Trees.paths(plan.dropped()), "default", Trees.paths(plan.defaulted())));
        }
        return tree;
    }

    /** The answer of a frame, in the words of the wire; what it calls losses is the peer's word only. */
    public static Answer decode(Node node) throws Failure {
        var sections = new ArrayList<Verdict.Section>();
        var plans = new TreeMap<String, Answer.Plan>();
        for (Node item : node.get("sections").items(Limits.ITEMS)) {
            Verdict.Section section = section(item);
            sections.add(section);
            Node plan = item.get("plan");
            if (plan.present()) {
                plans.put(section.path(), new Answer.Plan(Trees.paths(plan.get("drop")), Trees.paths(plan.get("default")),
                    Optional.empty()));
            }
        }
        var conditions = node.get("conditions").items(Limits.ITEMS,
            condition -> new Condition(condition.get("path").text(), condition.get("field").text()));
        List<Provision> provisions = optional(node.get("provisions"), provision ->
            new Provision(provision.get("path").text(), provision.get("bundle").text(), provision.get("version").text(),
                provision.get("installed").flag()));
        List<Loss> losses = optional(node.get("losses"), loss -> new Loss(loss.get("path").text(), loss.get("field").text()));
        return new Answer(new Verdict(node.get("outcome").word(OUTCOMES), sections, Trees.reasons(node.get("reasons")), conditions,
            provisions, losses, optional(node.get("remarks"), Trees::reason)), plans);
    }

    private static <T> List<T> optional(Node list, Node.Reader<T> reader) throws Failure {
        return list.present() ? list.items(Limits.ITEMS, reader) : List.of();
    }

    private static Verdict.Section section(Node node) throws Failure {
        Node writer = node.get("writer");
        Node reader = node.get("reader");
        return new Verdict.Section(node.get("path").text(), node.get("type").text(),
            (int) writer.get("state").number(0, Integer.MAX_VALUE), (int) reader.get("state").number(0, Integer.MAX_VALUE),
            writer.get("bundle").text(), reader.get("bundle").text(), node.get("outcome").word(OUTCOMES),
            node.get("dropped").items(Limits.ITEMS,
                dropped -> new Dropped(dropped.get("field").text(), dropped.get("why").text())),
            node.get("defaulted").items(Limits.ITEMS, Node::text), node.get("translator").textOrEmpty());
    }
}
