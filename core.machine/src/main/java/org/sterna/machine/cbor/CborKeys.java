package org.sterna.machine.cbor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The keys of maps: which there can be, and their order. */
final class CborKeys {
    /**
     * The bytewise order of their encodings: integers 0, 1, … -1, -2, …; texts by length, then by bytes. The maps that are decoded
     * have it too, and so need no second look when they are encoded again.
     */
    static final Comparator<Object> ORDER = CborKeys::compare;

    private CborKeys() {
    }

    /**
     * A map in the order of its keys.
     *
     * @throws IllegalArgumentException if they are not all integers or all texts, or a text cannot be a key
     */
    static SortedMap<?, ?> sorted(Map<?, ?> map) {
        if (map instanceof SortedMap<?, ?> decoded && decoded.comparator() == ORDER) {
            return decoded;
        }
        var sorted = new TreeMap<Object, Object>(ORDER);
        for (var entry : map.entrySet()) {
            boolean fits = switch (entry.getKey()) {
                case Long number -> true;
                case String text -> !CborText.readsAsInteger(text) && !CborText.isLonger(text, Cbor.MAX_KEY);
                case null, default -> false;
            };
            if (!fits || !sorted.isEmpty() && sorted.firstKey().getClass() != entry.getKey().getClass()) {
                throw new IllegalArgumentException("not a key for this CBOR map: " + entry.getKey());
            }
            sorted.put(entry.getKey(), entry.getValue());
        }
        return sorted;
    }

    private static int compare(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            return x < 0 == y < 0 ? Long.compareUnsigned(x < 0 ? ~x : x, y < 0 ? ~y : y) : x < 0 ? 1 : -1;
        }
        return compareTexts((String) a, (String) b);
    }

    private static int compareTexts(String a, String b) {
        if (CborText.isAscii(a) && CborText.isAscii(b)) {
            // Nearly all are, and a message can have a great many.
            return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
        }
        byte[] x = a.getBytes(StandardCharsets.UTF_8);
        byte[] y = b.getBytes(StandardCharsets.UTF_8);
        return x.length != y.length ? Integer.compare(x.length, y.length) : Arrays.compareUnsigned(x, y);
    }
}
