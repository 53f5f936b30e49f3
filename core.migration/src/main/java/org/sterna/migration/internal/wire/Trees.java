package org.sterna.migration.internal.wire;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.negotiation.FieldPath;

/** The trees of what several messages have in common. */
final class Trees {
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
        return new TreeSet<>(distinct(node, path -> new FieldPath(path.items(Limits.PATH, Node::ordinal))));
    }

    /** A list that is a set: its order says nothing, and no text comes twice. */
    static Set<String> set(Node node) throws Failure {
        return Set.copyOf(distinct(node, Node::text));
    }

    private static <T> List<T> distinct(Node node, Node.Reader<T> reader) throws Failure {
        List<T> items = node.items(Limits.ITEMS, reader);
        if (new HashSet<>(items).size() < items.size()) {
            throw Failure.here(node.peer(), "sent a malformed message: " + node.place() + " has an entry twice", "");
        }
        return items;
    }

    /** A peer would refuse a text that is too long, and what it says with it; half of it says more. */
    private static String cut(String text, int limit) {
        var bytes = ByteBuffer.allocate(limit);
        StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE)
            .encode(CharBuffer.wrap(text), bytes, true);
        return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
    }

    static Object reason(Reason reason) {
        return map("subject", cut(reason.subject(), Limits.TEXT), "item", cut(reason.item(), Limits.TEXT),
            "cause", cut(reason.cause(), Limits.LONG_TEXT), "remedy", cut(reason.remedy(), Limits.LONG_TEXT));
    }

    static Reason reason(Node node) throws Failure {
        return new Reason(node.get("subject").text(), node.get("item").text(), node.get("cause").text(Limits.LONG_TEXT),
            node.get("remedy").text(Limits.LONG_TEXT));
    }

    static Object reasons(List<Reason> reasons) {
        return reasons.stream().limit(Limits.ITEMS).map(Trees::reason).toList();
    }

    static List<Reason> reasons(Node node) throws Failure {
        return node.items(Limits.ITEMS, Trees::reason);
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
