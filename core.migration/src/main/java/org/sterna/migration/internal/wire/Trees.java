package org.sterna.migration.internal.wire;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.negotiation.FieldPath;

/** The trees of what several messages have in common. */
final class Trees {
    /** The most parts, and the most items of most lists, in a message. */
    static final int MAX_ITEMS = 4096;

    private Trees() {
    }

    /** A map with text keys; pairs of key and value. */
    static Map<String, Object> map(Object... pairs) {
        var map = new TreeMap<String, Object>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** Texts in their order, so that equal sets have equal encodings. */
    static List<String> sorted(Collection<String> texts) {
        return texts.stream().sorted().toList();
    }

    static Object paths(SortedSet<FieldPath> paths) {
        return paths.stream().map(path -> path.ids().stream().map(Integer::longValue).toList()).toList();
    }

    static SortedSet<FieldPath> paths(Node node) throws Failure {
        return new TreeSet<>(node.items(MAX_ITEMS, path -> new FieldPath(path.items(32, Node::ordinal))));
    }

    static Object reason(Reason reason) {
        return map("subject", reason.subject(), "item", reason.item(), "cause", reason.cause(), "remedy", reason.remedy());
    }

    static Reason reason(Node node) throws Failure {
        return new Reason(node.get("subject").text(), node.get("item").text(), node.get("cause").text(1 << 16),
            node.get("remedy").text(1 << 16));
    }

    static Object reasons(List<Reason> reasons) {
        return reasons.stream().limit(MAX_ITEMS).map(Trees::reason).toList();
    }

    static List<Reason> reasons(Node node) throws Failure {
        return node.items(MAX_ITEMS, Trees::reason);
    }

    /** The words of an enumeration as they stand on the wire. */
    static <E extends Enum<E>> Map<String, E> words(E[] values) {
        var words = new TreeMap<String, E>();
        for (E value : values) {
            words.put(word(value), value);
        }
        return words;
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
