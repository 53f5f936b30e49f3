package org.sterna.machine.cbor;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Encodes and decodes trees in deterministic CBOR (RFC 8949, section 4.2.1): shortest integers, definite lengths,
 * sorted keys. A tree is made of {@link Boolean}, {@link Long}, {@link String}, {@code byte[]}, {@link List} and
 * {@link Map}; the keys of a map are all {@link Long} or all {@link String}, and a text key never reads as an integer.
 *
 * <p>Decoding is strict: what is not the deterministic encoding of its own content is refused. The one exception is what
 * earlier releases wrote, see {@link #encodeWithChunkedTexts}. All methods may be called from any thread.
 */
public final class Cbor {
    /** The deepest nesting that is accepted. */
    public static final int MAX_DEPTH = 32;

    /** The most items that are accepted, all values and containers counted: each takes far more memory than bytes. */
    public static final int MAX_ITEMS = 1 << 18;

    /**
     * The longest text that is accepted as a key, in bytes of UTF-8.
     *
     * @since 1.2
     */
    public static final int MAX_KEY = 1 << 12;

    private static final CBORFactory FACTORY = CBORFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH).maxStringLength(Integer.MAX_VALUE).maxNameLength(MAX_KEY).build())
        .build();

    private Cbor() {
    }

    /**
     * The one encoding of a tree.
     *
     * @throws IllegalArgumentException if the tree holds anything else than is said above, half of a surrogate pair, too many
     *                                  items, lists and maps too deep within one another, or a key that is too long
     */
    public static byte[] encode(Object tree) {
        return CborWriter.write(tree, CborWriter.Texts.DEFINITE);
    }

    /**
     * The encoding of a tree as Sterna 1.0 and 1.1 wrote it: a text of more than 3996 UTF-16 code units has an indefinite length
     * and consists of chunks of 3996 code units, or of 3995 where a surrogate pair would be divided; the last one is what is left.
     * It is not deterministic CBOR, and only for those who know nothing else.
     *
     * @throws IllegalArgumentException as {@link #encode} does
     * @since 1.2
     */
    public static byte[] encodeWithChunkedTexts(Object tree) {
        return CborWriter.write(tree, CborWriter.Texts.CHUNKED);
    }

    /**
     * The tree that some bytes are the encoding of, {@link #encode} or, for ever, {@link #encodeWithChunkedTexts}.
     *
     * @throws CborException if the bytes are malformed, not deterministic, nested too deeply, too many items, a key that is too
     *                       long, or followed by others
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
            throw new CborException("malformed CBOR: " + fault(e), e);
        }
        int difference = Arrays.mismatch(bytes, encode(tree));
        if (difference >= 0 && !Arrays.equals(bytes, encodeWithChunkedTexts(tree))) {
            throw new CborException("not deterministic CBOR at offset " + difference);
        }
        return tree;
    }

    /** In words of its own: what the parser says is about the parser. */
    private static String fault(IOException e) {
        String what = switch (e) {
            case JsonEOFException end -> "it ends too early";
            case StreamConstraintsException beyond -> "it is nested too deeply, or a key is too long";
            default -> "it cannot be read";
        };
        long offset = e instanceof JsonProcessingException placed && placed.getLocation() != null
            ? placed.getLocation().getByteOffset() : -1;
        return offset < 0 ? what : what + ", at offset " + offset;
    }

    /** Bytes that are no UTF-8 can decode to halves of surrogate pairs, which have no encoding. */
    private static String wellFormed(String text) throws CborException {
        if (!CborText.isWellFormed(text)) {
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
                var map = new TreeMap<Object, Object>(CborKeys.ORDER);
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = wellFormed(parser.currentName());
                    if (CborText.isLonger(name, MAX_KEY)) {
                        throw new CborException("a key of more than " + MAX_KEY + " bytes");
                    }
                    Object key;
                    try {
                        key = CborText.readsAsInteger(name) ? (Object) Long.valueOf(name) : name;
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
