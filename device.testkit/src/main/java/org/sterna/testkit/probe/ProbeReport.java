package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sterna.machine.abi.AbiVersion;

/**
 * What a probe has measured, as facts. Its {@linkplain #text text} has a line for each, always in the same order, made
 * to be compared with {@code diff}:
 *
 * <ul>
 * <li>{@code reset read 0x005/1 = 60}: after reset, a load of one byte at offset 5 gives hexadecimal 60; the registers
 * of a width that are not listed give {@code reset read others/1}.
 * <li>{@code driver-ok read 0x070/4 = 0000000f}: the same in a later situation, where it differs from that after reset.
 * <li>{@code reset reading 0x006/1 makes 0x006/1 = b0}: a load has a side effect; after it, that register shows another
 * value than before.
 * <li>{@code reset writing-ones 0x003/1 makes 0x003/1 = ff}: what a store of ones changes, here that all bits stick;
 * likewise {@code writing-zeroes}.
 * </ul>
 *
 * @param type  the device's type
 * @param abi   the ABI version that it was made under; not a fact, since no guest can see it
 * @param facts the facts, in order
 */
public record ProbeReport(String type, AbiVersion abi, Map<String, String> facts) {
    private static final Pattern HEADER = Pattern.compile("# (\\S+), ABI (\\S+): what a guest sees");
    private static final String SEPARATOR = " = ";

    /** Copies the facts. */
    public ProbeReport {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    /** One line for each fact, after a line that says what it is about. */
    public String text() {
        var text = new StringBuilder("# " + type + ", ABI " + abi + ": what a guest sees\n");
        facts.forEach((fact, value) -> text.append(fact).append(SEPARATOR).append(value).append('\n'));
        return text.toString();
    }

    /**
     * Reads what {@link #text} gave.
     *
     * @throws IllegalArgumentException if it is anything else; the message names the line
     */
    public static ProbeReport parse(String text) {
        List<String> lines = text.lines().toList();
        Matcher header = HEADER.matcher(lines.isEmpty() ? "" : lines.getFirst());
        if (!header.matches()) {
            throw new IllegalArgumentException("line 1: not the report of a probe");
        }
        var facts = new LinkedHashMap<String, String>();
        for (int i = 1; i < lines.size(); i++) {
            String line = lines.get(i);
            int at = line.indexOf(SEPARATOR);
            if (at < 0 || facts.put(line.substring(0, at), line.substring(at + SEPARATOR.length())) != null) {
                throw new IllegalArgumentException("line " + (i + 1) + ": not a fact, or one that was told before");
            }
        }
        return new ProbeReport(header.group(1), AbiVersion.parse(header.group(2)), facts);
    }

    /** What a guest sees otherwise here than in another report, in order. */
    public List<Change> changesSince(ProbeReport earlier) {
        var names = new LinkedHashSet<>(facts.keySet());
        names.addAll(earlier.facts.keySet());
        var changes = new ArrayList<Change>();
        for (String name : names) {
            String before = earlier.value(name);
            String now = value(name);
            if (before == null || !before.equals(now)) {
                changes.add(new Change(name, before, now));
            }
        }
        return changes;
    }

    /** The value of a fact; a register that is not listed shows what the others of its width show. */
    private String value(String name) {
        String value = facts.get(name);
        return value != null || !name.startsWith("reset read 0x") ? value
            : facts.get("reset read others/" + name.substring(name.indexOf('/') + 1));
    }
}
