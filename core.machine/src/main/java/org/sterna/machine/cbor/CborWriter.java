package org.sterna.machine.cbor;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Writes trees as CBOR. It does not use the library that {@link Cbor#decode} reads with: that gives a text of more than 3996
 * characters an indefinite length, which deterministic CBOR does not allow.
 */
final class CborWriter {
    /** How texts are written. */
    enum Texts {
        /** Each with its length, as deterministic CBOR has it. */
        DEFINITE,
        /** Those of more than {@link #CHUNK} characters in chunks, as Sterna 1.0 and 1.1 wrote them. */
        CHUNKED
    }

    /** The longest chunk of {@link Texts#CHUNKED} in UTF-16 code units. This can never change: snapshots have it. */
    private static final int CHUNK = 3996;

    private static final int UNSIGNED = 0;
    private static final int NEGATIVE = 1;
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int LIST = 4;
    private static final int MAP = 5;
    private static final int FALSE = 0xf4;
    private static final int TRUE = 0xf5;
    private static final int TEXT_OF_INDEFINITE_LENGTH = 0x7f;
    private static final int BREAK = 0xff;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Texts texts;
    private int itemsLeft = Cbor.MAX_ITEMS;

    private CborWriter(Texts texts) {
        this.texts = texts;
    }

    /**
     * The encoding of a tree.
     *
     * @throws IllegalArgumentException if the tree holds what CBOR trees do not have
     */
    static byte[] write(Object tree, Texts texts) {
        var writer = new CborWriter(texts);
        writer.item(tree, 1);
        return writer.out.toByteArray();
    }

    private void item(Object node, int depth) {
        if (--itemsLeft < 0) {
            throw new IllegalArgumentException("more than " + Cbor.MAX_ITEMS + " items in a CBOR tree");
        }
        switch (node) {
            case Boolean flag -> out.write(flag ? TRUE : FALSE);
            case Long number -> integer(number);
            case String text -> text(text);
            case byte[] bytes -> {
                head(BYTES, bytes.length);
                out.writeBytes(bytes);
            }
            case List<?> list -> {
                requireDepth(depth);
                head(LIST, list.size());
                list.forEach(item -> item(item, depth + 1));
            }
            case Map<?, ?> map -> {
                requireDepth(depth);
                head(MAP, map.size());
                CborKeys.sorted(map).forEach((key, value) -> {
                    key(key);
                    item(value, depth + 1);
                });
            }
            case null, default -> throw new IllegalArgumentException(
                "no place in a CBOR tree for " + (node == null ? "null" : node.getClass().getName()));
        }
    }

    private static void requireDepth(int depth) {
        if (depth > Cbor.MAX_DEPTH) {
            throw new IllegalArgumentException("more than " + Cbor.MAX_DEPTH + " lists and maps within one another");
        }
    }

    private void key(Object key) {
        if (key instanceof Long number) {
            integer(number);
        } else {
            text((String) key);
        }
    }

    private void integer(long number) {
        head(number < 0 ? NEGATIVE : UNSIGNED, number < 0 ? ~number : number);
    }

    private void text(String text) {
        if (texts == Texts.CHUNKED && text.length() > CHUNK) {
            out.write(TEXT_OF_INDEFINITE_LENGTH);
            for (int start = 0, end; start < text.length(); start = end) {
                end = Math.min(start + CHUNK, text.length());
                if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
                    end--;
                }
                definite(text.substring(start, end));
            }
            out.write(BREAK);
        } else {
            definite(text);
        }
    }

    private void definite(String text) {
        if (!CborText.isWellFormed(text)) {
            throw new IllegalArgumentException("a text with half of a surrogate pair");
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        head(TEXT, utf8.length);
        out.writeBytes(utf8);
    }

    /** A major type with the shortest form of its argument, which is not negative. */
    private void head(int major, long argument) {
        int bytes = argument < 24 ? 0 : argument < 1 << 8 ? 1 : argument < 1 << 16 ? 2 : argument < 1L << 32 ? 4 : 8;
        int additional = bytes == 0 ? (int) argument : 24 + Integer.numberOfTrailingZeros(bytes);
        out.write(major << 5 | additional);
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            out.write((int) (argument >>> shift));
        }
    }
}
