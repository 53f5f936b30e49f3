package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Looks at a device in one situation: what each register shows, which reads have side effects, and what the guest sees
 * after each register was filled with ones and with zeroes.
 */
final class Study {
    /** Something that a guest does to one register. */
    private enum Deed {
        READING("reading") {
            @Override
            void to(ProbeGuest guest, Access at) {
                guest.read(at.offset(), at.size());
            }
        },
        ONES("writing-ones") {
            @Override
            void to(ProbeGuest guest, Access at) {
                guest.write(at.offset(), at.size(), at.ones());
            }
        },
        ZEROES("writing-zeroes") {
            @Override
            void to(ProbeGuest guest, Access at) {
                guest.write(at.offset(), at.size(), 0);
            }
        };

        private final String word;

        Deed(String word) {
            this.word = word;
        }

        abstract void to(ProbeGuest guest, Access at);
    }

    private final ProbeGuest guest;
    private final Situation situation;
    private final List<Access> registers;
    private final Map<String, String> observed;
    /** The loads with side effects, each of which is done alone. */
    private final List<Access> consuming;
    private final Snapshot plain;

    Study(ProbeGuest guest, Situation situation, List<Access> registers) {
        this.guest = guest;
        this.situation = situation;
        this.registers = registers;
        guest.prepare(situation);
        observed = new LinkedHashMap<>(guest.observed());
        Snapshot ascending = swept(List.of(), registers);
        Snapshot descending = swept(List.of(), registers.reversed());
        consuming = effective(registers, group -> swept(group, registers).equals(ascending)
            && swept(group, registers.reversed()).equals(descending));
        plain = after(Deed.READING, List.of());
    }

    /** What was seen without doing anything. */
    Snapshot snapshot() {
        return plain;
    }

    /** Writes the facts; of a later situation only what differs from the first. */
    void report(Map<String, String> facts, Snapshot first) {
        observed.forEach((what, value) -> put(facts, what, value));
        put(facts, "interrupt", ProbeGuest.level(plain.interrupt()));
        if (first == null) {
            reportAll(facts);
        } else {
            differences(new Snapshot(plain.interrupt(), first.values()), plain)
                .forEach((what, value) -> put(facts, "read " + what, value));
        }
        for (Deed deed : Deed.values()) {
            List<Access> effective = deed == Deed.READING ? consuming
                : effective(registers, group -> after(deed, group).equals(plain));
            for (Access at : effective) {
                differences(plain, after(deed, List.of(at)))
                    .forEach((what, value) -> put(facts, deed.word + " " + at + " makes " + what, value));
            }
        }
    }

    private void put(Map<String, String> facts, String what, String value) {
        facts.put(situation.name() + " " + what, value);
    }

    /** Most registers of a window show the same nothing; it is said once for each width. */
    private void reportAll(Map<String, String> facts) {
        var others = new TreeMap<Integer, String>();
        Stream.of(1, 2, 4, 8).forEach(size -> mostFrequent(size).ifPresent(value -> others.put(size, value)));
        others.forEach((size, value) -> put(facts, "read others/" + size, value));
        for (int i = 0; i < registers.size(); i++) {
            Access at = registers.get(i);
            String value = at.text(snapshot().values().get(i));
            if (!value.equals(others.get(at.size()))) {
                put(facts, "read " + at, value);
            }
        }
    }

    private Optional<String> mostFrequent(int size) {
        var counts = new TreeMap<String, Integer>();
        for (int i = 0; i < registers.size(); i++) {
            if (registers.get(i).size() == size) {
                counts.merge(registers.get(i).text(snapshot().values().get(i)), 1, Integer::sum);
            }
        }
        // The least of equally frequent values, so that the answer is always the same.
        return counts.entrySet().stream().max(Map.Entry.<String, Integer>comparingByValue()
            .thenComparing(Map.Entry.<String, Integer>comparingByKey().reversed())).map(Map.Entry::getKey);
    }

    /**
     * Those accesses that change what the guest sees. A window is mostly empty, so whole groups are tried at once; in
     * both orders, since the last access of a group may undo what the others did.
     *
     * @param silent whether nothing has changed after a group of accesses
     */
    private static List<Access> effective(List<Access> group, Predicate<List<Access>> silent) {
        if (silent.test(group) && silent.test(group.reversed())) {
            return List.of();
        }
        if (group.size() == 1) {
            return group;
        }
        int half = group.size() / 2;
        return Stream.concat(effective(group.subList(0, half), silent).stream(),
            effective(group.subList(half, group.size()), silent).stream()).toList();
    }

    /** What all registers show one after the other, after some loads. */
    private Snapshot swept(List<Access> loads, List<Access> order) {
        perform(Deed.READING, loads);
        boolean interrupt = guest.bench().interruptLevel();
        var values = new ArrayList<Long>();
        for (Access at : order) {
            values.add(guest.read(at.offset(), at.size()));
        }
        return new Snapshot(interrupt, values);
    }

    /** What each register shows to a guest that has read no other. */
    private Snapshot after(Deed deed, List<Access> group) {
        perform(deed, group);
        boolean interrupt = guest.bench().interruptLevel();
        var values = new ArrayList<Long>();
        for (Access at : registers) {
            values.add(consuming.contains(at) ? null : guest.read(at.offset(), at.size()));
        }
        for (Access at : consuming) {
            perform(deed, group);
            values.set(registers.indexOf(at), guest.read(at.offset(), at.size()));
        }
        return new Snapshot(interrupt, values);
    }

    private void perform(Deed deed, List<Access> group) {
        guest.prepare(situation);
        group.forEach(at -> deed.to(guest, at));
    }

    /** What a later snapshot shows otherwise. */
    private Map<String, String> differences(Snapshot before, Snapshot now) {
        var differences = new LinkedHashMap<String, String>();
        if (before.interrupt() != now.interrupt()) {
            differences.put("interrupt", ProbeGuest.level(now.interrupt()));
        }
        for (int i = 0; i < registers.size(); i++) {
            if (!before.values().get(i).equals(now.values().get(i))) {
                differences.put(registers.get(i).toString(), registers.get(i).text(now.values().get(i)));
            }
        }
        return differences;
    }
}
