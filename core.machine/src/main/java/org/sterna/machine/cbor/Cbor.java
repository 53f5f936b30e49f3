package org.sterna.machine.cbor;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import com.fasterxml.jackson.dataformat.cbor.CBORParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Encodes and decodes trees in deterministic CBOR (RFC 8949, section 4.2.1): shortest integers, definite lengths,
 * sorted keys. A tree is made of {@link Boolean}, {@link Long}, {@link String}, {@code byte[]}, {@link List} and
 * {@link Map}; the keys of a map are all {@link Long} or all {@link String}, and a text key never reads as an integer.
 *
 * <p>Decoding is strict: what is not the deterministic encoding of its own content is refused, so equal trees and
 * equal bytes are the same thing. All methods may be called from any thread.
 */
public final class Cbor {
    /** The deepest nesting that is accepted. */
    public static final int MAX_DEPTH = 32;

    /** The most items that are accepted, all values and containers counted: each takes far more memory than bytes. */
    public static final int MAX_ITEMS = 1 << 18;

    private static final CBORFactory FACTORY = CBORFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH).maxStringLength(1 << 24).maxNameLength(4096).build())
        .build();

    /** Of the maps that are decoded too, which so need no second look when they are encoded again. */
    private static final Comparator<Object> KEY_ORDER = Cbor::compareKeys;

    private Cbor() {
    }

    /**
     * The one encoding of a tree.
     *
     * @throws IllegalArgumentException if the tree holds anything else than is said above, or too many items
     */
    public static byte[] encode(Object tree) {
        var bytes = new ByteArrayOutputStream();
        try (CBORGenerator generator = FACTORY.createGenerator(bytes)) {
            write(generator, tree, new int[] {MAX_ITEMS});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * The tree that some bytes are the encoding of.
     *
     * @throws CborException if the bytes are malformed, not deterministic, nested too deeply, too many items, or followed
     *         by others
     */
    public static Object decode(byte[] bytes) throws CborException {
        Object tree;
        try (CBORParser parser = FACTORY.createParser(bytes)) {
            if (parser.nextToken() == null) {
                throw new CborException("nothing there");
            }
            tree = read(parser, new int[] {MAX_ITEMS});
            if (parser.nextToken() != null) {
                throw new CborException("bytes after the end, at offset " + parser.currentTokenLocation().getByteOffset());
            }
        } catch (IOException e) {
            throw new CborException("malformed CBOR: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
        int difference = Arrays.mismatch(bytes, encode(tree));
        if (difference >= 0) {
            throw new CborException("not deterministic CBOR at offset " + difference);
        }
        return tree;
    }

    private static void write(CBORGenerator generator, Object node, int[] left) throws IOException {
        if (--left[0] < 0) {
            throw new IllegalArgumentException("more than " + MAX_ITEMS + " items in a CBOR tree");
        }
        switch (node) {
            case Boolean flag -> generator.writeBoolean(flag);
            case Long number -> generator.writeNumber(number);
            case String text -> generator.writeString(text);
            case byte[] bytes -> generator.writeBinary(bytes);
            case List<?> list -> {
                generator.writeStartArray(list, list.size());
                for (Object item : list) {
                    write(generator, item, left);
                }
                generator.writeEndArray();
            }
            case Map<?, ?> map -> {
                generator.writeStartObject(map, map.size());
                for (var entry : sorted(map).entrySet()) {
                    if (entry.getKey() instanceof Long key) {
                        generator.writeFieldId(key);
                    } else {
                        generator.writeFieldName((String) entry.getKey());
                    }
                    write(generator, entry.getValue(), left);
                }
                generator.writeEndObject();
            }
            case null, default -> throw new IllegalArgumentException(
                "no place in a CBOR tree for " + (node == null ? "null" : node.getClass().getName()));
        }
    }

    /** Keys in the bytewise order of their encodings: integers 0, 1, … -1, -2, …; texts by length, then by bytes. */
    private static SortedMap<?, ?> sorted(Map<?, ?> map) {
        if (map instanceof SortedMap<?, ?> decoded && decoded.comparator() == KEY_ORDER) {
            return decoded;
        }
        var sorted = new TreeMap<Object, Object>(KEY_ORDER);
        for (var entry : map.entrySet()) {
            boolean fits = switch (entry.getKey()) {
                case Long number -> true;
                case String text -> !readsAsInteger(text);
                case null, default -> false;
            };
            if (!fits || !sorted.isEmpty() && sorted.firstKey().getClass() != entry.getKey().getClass()) {
                throw new IllegalArgumentException("not a key for this CBOR map: " + entry.getKey());
            }
            sorted.put(entry.getKey(), entry.getValue());
        }
        return sorted;
    }

    private static int compareKeys(Object a, Object b) {
        if (a instanceof Long x && b instanceof Long y) {
            return x < 0 == y < 0 ? Long.compareUnsigned(x < 0 ? ~x : x, y < 0 ? ~y : y) : x < 0 ? 1 : -1;
        }
        return compareTexts((String) a, (String) b);
    }

    private static int compareTexts(String a, String b) {
        if (isAscii(a) && isAscii(b)) {
            // Nearly all are, and a message can have a great many.
            return a.length() != b.length() ? Integer.compare(a.length(), b.length()) : a.compareTo(b);
        }
        byte[] x = a.getBytes(StandardCharsets.UTF_8);
        byte[] y = b.getBytes(StandardCharsets.UTF_8);
        return x.length != y.length ? Integer.compare(x.length, y.length) : Arrays.compareUnsigned(x, y);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static boolean readsAsInteger(String text) {
        int first = text.startsWith("-") ? 1 : 0;
        for (int i = first; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return text.length() > first;
    }

    /** Bytes that are no UTF-8 can decode to halves of surrogate pairs, which have no encoding. */
    private static String wellFormed(String text) throws CborException {
        if (!isAscii(text) && !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new CborException("a text that is not UTF-8");
        }
        return text;
    }

    private static Object read(CBORParser parser, int[] left) throws IOException, CborException {
        if (--left[0] < 0) {
            throw new CborException("more than " + MAX_ITEMS + " items");
        }
        return switch (parser.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> {
                if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                    throw new CborException("an integer beyond 64 bits");
                }
                yield parser.getLongValue();
            }
            case VALUE_STRING -> wellFormed(parser.getText());
            case VALUE_EMBEDDED_OBJECT -> parser.getBinaryValue();
            case START_ARRAY -> {
                var list = new ArrayList<Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(read(parser, left));
                }
                yield list;
            }
            case START_OBJECT -> {
                var map = new TreeMap<Object, Object>(KEY_ORDER);
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = wellFormed(parser.currentName());
                    Object key;
                    try {
                        key = readsAsInteger(name) ? (Object) Long.valueOf(name) : name;
                    } catch (NumberFormatException e) {
                        throw new CborException("a key beyond 64 bits");
                    }
                    if (!map.isEmpty() && map.firstKey().getClass() != key.getClass()) {
                        throw new CborException("a map with keys of two kinds");
                    }
                    parser.nextToken();
                    if (map.put(key, read(parser, left)) != null) {
                        throw new CborException("the key " + key + " twice in a map");
                    }
                }
                yield map;
            }
            case null, default -> throw new CborException("a data item of a kind that is not used here");
        };
    }
}
