package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds settings of properties such that each two values of two different properties occur together in one of them,
 * unless no device can be made so. Most mistakes depend on one or two settings, and there are far fewer such rows than
 * combinations. The same properties give the same rows.
 */
final class Pairwise {
    /** Values that shall occur together, by property. */
    private record Target(Map<String, String> values) {
        boolean isIn(Map<String, String> row) {
            return row.entrySet().containsAll(values.entrySet());
        }
    }

    /** A value for every property, and the properties whose value must stay. */
    private record Setting(Map<String, String> values, Set<String> forced) {
    }

    private final List<Factor> factors;
    private final Predicate<Map<String, String>> possible;
    private final List<Map<String, String>> rows = new ArrayList<>();

    /**
     * Searches.
     *
     * @param factors  the properties, each after the one that it depends on
     * @param possible whether a device can be made with a row; rows that are asked for often give the same answer
     */
    Pairwise(List<Factor> factors, Predicate<Map<String, String>> possible) {
        var answers = new HashMap<Map<String, String>, Boolean>();
        this.possible = row -> answers.computeIfAbsent(row, possible::test);
        this.factors = factors;
        Set<Target> open = targets(useful());
        while (!open.isEmpty()) {
            Target target = open.iterator().next();
            open.remove(target);
            rowWith(target, open).ifPresent(row -> {
                rows.add(row);
                open.removeIf(covered -> covered.isIn(row));
            });
        }
    }

    /** The rows: the text of each property that has a value there. */
    List<Map<String, String>> rows() {
        return rows;
    }

    /** Whether a device can be made with a row. */
    boolean isPossible(Map<String, String> row) {
        return possible.test(row);
    }

    /** The part of a setting that means something: without properties whose condition does not hold. */
    Map<String, String> present(Map<String, String> setting) {
        var row = new LinkedHashMap<String, String>();
        for (Factor factor : factors) {
            boolean holds = factor.needs().stream().allMatch(need -> need.getValue().equals(row.get(need.getKey())));
            if (holds && setting.containsKey(factor.name())) {
                row.put(factor.name(), setting.get(factor.name()));
            }
        }
        return row;
    }

    /** The properties with those of their values that any device can be made with; the others are not tried in pairs. */
    private List<Factor> useful() {
        return factors.stream().map(factor -> new Factor(factor.name(), factor.values().stream()
            .filter(value -> start(new Target(Map.of(factor.name(), value))).isPresent()).toList(),
            factor.needs())).toList();
    }

    private static Set<Target> targets(List<Factor> factors) {
        var targets = new LinkedHashSet<Target>();
        for (int i = 0; i < factors.size(); i++) {
            Factor factor = factors.get(i);
            for (String value : factor.values()) {
                for (Factor other : factors.subList(i + 1, factors.size())) {
                    other.values().forEach(otherValue ->
                        targets.add(new Target(Map.of(factor.name(), value, other.name(), otherValue))));
                }
                if (factors.size() == 1) {
                    targets.add(new Target(Map.of(factor.name(), value)));
                }
            }
        }
        return targets;
    }

    /** A possible row with a target, and with as many of the open ones as a greedy choice finds. */
    private Optional<Map<String, String>> rowWith(Target target, Set<Target> open) {
        return start(target).map(setting -> {
            for (Factor factor : factors) {
                if (!setting.forced.contains(factor.name())) {
                    setting.values.put(factor.name(), best(factor, setting.values, open));
                }
            }
            return present(setting.values);
        });
    }

    /** A possible setting that holds a target, with ordinary values otherwise. */
    private Optional<Setting> start(Target target) {
        var forced = new HashMap<String, String>();
        if (!target.values.entrySet().stream().allMatch(choice -> force(choice.getKey(), choice.getValue(), forced))) {
            return Optional.empty();
        }
        var values = new LinkedHashMap<String, String>();
        factors.forEach(factor -> values.put(factor.name(), factor.values().getFirst()));
        values.putAll(forced);
        return withOneChange(values, forced.keySet()).map(possible -> new Setting(possible, forced.keySet()));
    }

    /** Gives a property a value, and those that it depends on the values that it needs. */
    private boolean force(String name, String value, Map<String, String> forced) {
        String already = forced.putIfAbsent(name, value);
        Optional<Map.Entry<String, String>> need = factors.stream().filter(factor -> factor.name().equals(name))
            .findFirst().flatMap(Factor::needs);
        return (already == null || already.equals(value))
            && need.stream().allMatch(on -> force(on.getKey(), on.getValue(), forced));
    }

    /** The setting, or the first that is possible and differs in one property that may be chosen. */
    private Optional<Map<String, String>> withOneChange(Map<String, String> setting, Set<String> forced) {
        Stream<Map<String, String>> others = factors.stream().filter(factor -> !forced.contains(factor.name()))
            .flatMap(factor -> factor.values().stream().map(value -> changed(setting, factor, value)));
        return Stream.concat(Stream.of(setting), others).filter(each -> possible.test(present(each))).findFirst();
    }

    private static Map<String, String> changed(Map<String, String> setting, Factor factor, String value) {
        var changed = new LinkedHashMap<>(setting);
        changed.put(factor.name(), value);
        return changed;
    }

    private String best(Factor factor, Map<String, String> setting, Set<Target> open) {
        String best = setting.get(factor.name());
        long most = -1;
        for (String value : factor.values()) {
            Map<String, String> row = present(changed(setting, factor, value));
            long covered = open.stream().filter(target -> target.isIn(row)).count();
            if (covered > most && possible.test(row)) {
                most = covered;
                best = value;
            }
        }
        return best;
    }
}
