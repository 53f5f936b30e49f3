package org.sterna.itests.bundles;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * What a guest sees of its machine, fact by fact.
 *
 * @param values what each fact is, in the order in which the guest told them
 */
record Facts(Map<String, String> values) {
    private static final String SEPARATOR = " = ";
    private static final String COMMENT = "#";

    Facts {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** The facts of lines such as {@code supervisor boot satp = 0x0}; lines that start with {@code #} are comments. */
    static Facts of(List<String> lines) {
        var values = new LinkedHashMap<String, String>();
        for (String line : lines) {
            int at = line.indexOf(SEPARATOR);
            if (line.startsWith(COMMENT)) {
                continue;
            }
            if (at < 0 || values.put(line.substring(0, at), line.substring(at + SEPARATOR.length())) != null) {
                throw new AssertionError("not a fact, or told twice: '" + line + "'");
            }
        }
        return new Facts(values);
    }

    /** These and others. */
    Facts and(Facts others) {
        var all = new LinkedHashMap<>(values);
        all.putAll(others.values);
        return new Facts(all);
    }

    /** The lines. */
    List<String> lines() {
        return values.entrySet().stream().map(fact -> fact.getKey() + SEPARATOR + fact.getValue()).toList();
    }

    /** What is another fact than it was, in words. */
    List<String> changesSince(Facts earlier) {
        var names = new LinkedHashSet<>(earlier.values.keySet());
        names.addAll(values.keySet());
        var changes = new ArrayList<String>();
        for (String name : names) {
            String before = earlier.values.getOrDefault(name, "absent");
            String now = values.getOrDefault(name, "absent");
            if (!before.equals(now)) {
                changes.add(name + ": " + before + " -> " + now);
            }
        }
        return changes;
    }
}
