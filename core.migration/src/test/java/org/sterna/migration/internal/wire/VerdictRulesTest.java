package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;

/** Verdicts that do not answer the manifest that was sent are refused, and name what they are about. */
class VerdictRulesTest {
    private static Map<?, ?> tree() throws CborException {
        return (Map<?, ?>) Cbor.decode(VectorsTest.verdict());
    }

    private static void check(Map<?, ?> verdict) throws Failure {
        VerdictRules.check("peer", VectorsTest.manifest(), Answers.decode(new Node("peer", "VERDICT", verdict)));
    }

    private static void refused(String words, UnaryOperator<List<Object>> sections) throws CborException {
        var entries = sections.apply(new ArrayList<>((List<?>) tree().get("sections")));
        refused(words, "sections", entries);
    }

    private static void refused(String words, String key, Object value) throws CborException {
        Failure refused = assertThrows(Failure.class, () -> check(with(tree(), key, value)));
        assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }

    private static Map<Object, Object> with(Object map, String key, Object value) {
        var other = new TreeMap<Object, Object>((Map<?, ?>) map);
        other.put(key, value);
        return other;
    }

    private static List<Object> replacingLast(List<Object> entries, Object last) {
        entries.set(entries.size() - 1, last);
        return entries;
    }

    @Test
    void theVerdictItselfIsAccepted() throws Exception {
        check(tree());
    }

    @Test
    void anEntryTwiceIsRefused() throws Exception {
        refused("two entries for /pvclock@0", entries -> {
            entries.add(entries.getLast());
            return entries;
        });
    }

    @Test
    void aMissingEntryIsRefused() throws Exception {
        refused("says nothing about /pvclock@0", entries -> entries.subList(0, 3));
    }

    @Test
    void aForeignEntryIsRefused() throws Exception {
        refused("is about /pvclock@1, which was not asked about", entries -> {
            entries.add(with(entries.getLast(), "path", "/pvclock@1"));
            return entries;
        });
    }

    @Test
    void anEntryOfAnotherTypeIsRefused() throws Exception {
        refused("is about a clock at /pvclock@0", entries -> replacingLast(entries,
            with(entries.getLast(), "type", "clock")));
    }

    @Test
    void aPlanThatDropsWhatThereIsNotIsRefused() throws Exception {
        refused("drops a field of /pvclock@0 that there is not",
            entries -> replacingLast(entries, with(entries.getLast(), "plan",
            Map.of("drop", List.of(List.of(9L)), "default", List.of()))));
    }

    @Test
    void aPlanThatDropsAMandatoryFieldIsRefused() throws Exception {
        refused("drops the mandatory field /pvclock@0.clock",
            entries -> replacingLast(entries, with(entries.getLast(), "plan",
            Map.of("drop", List.of(List.of(1L)), "default", List.of()))));
    }

    @Test
    void conditionsLossesAndProvisionsOfWhatWasNotAskedAboutAreRefused() throws Exception {
        refused("a condition for /pvclock@0.epoch", "conditions",
            List.of(Map.of("path", "/pvclock@0", "field", "epoch")));
        refused("a loss of /pvclock@1.systemTime", "losses",
            List.of(Map.of("path", "/pvclock@1", "field", "systemTime")));
        refused("a bundle for /pvclock@1", "provisions", List.of(Map.of("path", "/pvclock@1", "bundle",
            "com.example.pvclock",
            "version", "1.0.0", "installed", false)));
    }

    /** Whoever says no to the whole need not speak of each section. */
    @Test
    void aBlockedVerdictNeedsNoEntryOfASection() throws Exception {
        var blocked = with(with(tree(), "outcome", "BLOCKED"), "reasons",
            List.of(Map.of("subject", "destination", "item", "", "cause", "it is full", "remedy", "")));
        blocked.put("sections", List.of());
        blocked.put("conditions", List.of());
        check(blocked);
    }
}
