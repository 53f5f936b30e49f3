package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/** In which order parts can be restored, each after those that it must come after. */
public final class RestoreOrder {
    private final Map<String, Set<String>> after = new LinkedHashMap<>();

    /**
     * Adds a part, or more that a part must come after. Where nothing else is asked for, parts keep the order in which
     * they were first added.
     *
     * @param path   the part
     * @param before the parts that must be restored before it, each of which is added at some time
     */
    public void add(String path, Collection<String> before) {
        after.computeIfAbsent(path, p -> new HashSet<>()).addAll(before);
    }

    /** The parts in an order in which they can be restored; without those for which there is none. */
    public List<String> ordered() {
        var paths = List.copyOf(after.keySet());
        var numbers = new HashMap<String, Integer>();
        paths.forEach(path -> numbers.put(path, numbers.size()));
        var waiting = new int[paths.size()];
        var followers = new HashMap<String, List<Integer>>();
        var ready = new PriorityQueue<Integer>();
        after.forEach((path, before) -> {
            int number = numbers.get(path);
            waiting[number] = before.size();
            before.forEach(other -> followers.computeIfAbsent(other, o -> new ArrayList<>()).add(number));
            if (before.isEmpty()) {
                ready.add(number);
            }
        });
        var ordered = new ArrayList<String>();
        while (!ready.isEmpty()) {
            String path = paths.get(ready.remove());
            ordered.add(path);
            for (int follower : followers.getOrDefault(path, List.of())) {
                if (--waiting[follower] == 0) {
                    ready.add(follower);
                }
            }
        }
        return ordered;
    }

    /**
     * The parts that have no place in the order, because they come after one another in a circle or after one that
     * does.
     */
    public List<String> unordered() {
        var ordered = new HashSet<>(ordered());
        return after.keySet().stream().filter(path -> !ordered.contains(path)).toList();
    }
}
