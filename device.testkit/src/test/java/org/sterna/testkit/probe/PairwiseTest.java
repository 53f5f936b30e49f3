package org.sterna.testkit.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class PairwiseTest {
    private static final List<Factor> FACTORS = List.of(factor("a", "1", "2", "3"), factor("b", "on", "off"),
        new Factor("c", List.of("x", "y"), Optional.of(Map.entry("b", "on"))),
        new Factor("d", List.of("p", "q"), Optional.of(Map.entry("c", "y"))), factor("e", "on", "off"),
        factor("f", "on", "off"), factor("g", "on", "off"));

    private static Factor factor(String name, String... values) {
        return new Factor(name, List.of(values), Optional.empty());
    }

    /** Every two values that occur together in any possible setting at all, found by trying all of them. */
    private static Set<Set<Map.Entry<String, String>>> reachable(Pairwise pairwise,
            Predicate<Map<String, String>> possible) {
        var settings = List.of(Map.<String, String>of());
        for (Factor factor : FACTORS) {
            var longer = new ArrayList<Map<String, String>>();
            for (Map<String, String> setting : settings) {
                for (String value : factor.values()) {
                    var more = new HashMap<>(setting);
                    more.put(factor.name(), value);
                    longer.add(more);
                }
            }
            settings = List.copyOf(longer);
        }
        return pairs(settings.stream().map(pairwise::present).filter(possible).toList());
    }

    private static Set<Set<Map.Entry<String, String>>> pairs(List<Map<String, String>> rows) {
        var pairs = new HashSet<Set<Map.Entry<String, String>>>();
        for (Map<String, String> row : rows) {
            row.entrySet().forEach(one -> row.entrySet().stream().filter(other -> !other.equals(one))
                .forEach(other -> pairs.add(Set.of(Map.entry(one.getKey(), one.getValue()),
                    Map.entry(other.getKey(), other.getValue())))));
        }
        return pairs;
    }

    @Test
    void everyTwoValuesThatCanOccurTogetherDo() {
        var pairwise = new Pairwise(FACTORS, row -> true);
        assertEquals(reachable(pairwise, row -> true), pairs(pairwise.rows()));
        assertTrue(pairwise.rows().size() <= 12, pairwise.rows().size() + " rows of 192 settings");
    }

    @Test
    void whatCannotBeMadeIsInNoRow() {
        Predicate<Map<String, String>> possible = row -> !("2".equals(row.get("a")) && "on".equals(row.get("e")))
            && !"q".equals(row.get("d"));
        var pairwise = new Pairwise(FACTORS, possible);
        assertTrue(pairwise.rows().stream().allMatch(possible));
        assertEquals(reachable(pairwise, possible), pairs(pairwise.rows()));
    }

    @Test
    void aPropertyWhoseConditionDoesNotHoldHasNoValue() {
        for (Map<String, String> row : new Pairwise(FACTORS, row -> true).rows()) {
            assertEquals("on".equals(row.get("b")), row.containsKey("c"));
            assertEquals("y".equals(row.get("c")), row.containsKey("d"));
        }
    }

    @Test
    void oneProperty() {
        assertEquals(List.of(Map.of("a", "1"), Map.of("a", "2"), Map.of("a", "3")),
            new Pairwise(FACTORS.subList(0, 1), row -> true).rows());
        assertFalse(new Pairwise(FACTORS.subList(0, 1), row -> false).rows().iterator().hasNext());
    }

    @Test
    void theSameEachTime() {
        assertEquals(new Pairwise(FACTORS, row -> true).rows(), new Pairwise(FACTORS, row -> true).rows());
    }
}
