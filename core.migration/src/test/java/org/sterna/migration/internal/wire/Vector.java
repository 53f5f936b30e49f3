package org.sterna.migration.internal.wire;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A test vector: what one side may get after what has gone before, and what it has to do.
 *
 * @param name       of its own
 * @param meaning    what it is, for people
 * @param kind       {@code preamble} or {@code frame}
 * @param bytes      as they come
 * @param diagnostic the payload in diagnostic notation (RFC 8949, section 8), or the empty string if it is not CBOR
 * @param reaction   {@code accept}, {@code skip}, or {@code refuse} and words that the reason must hold
 */
record Vector(String name, String meaning, String kind, byte[] bytes, String diagnostic, String reaction) {
    private static final int HEX_PER_LINE = 64;

    String text() {
        String hex = HexFormat.of().formatHex(bytes);
        var text = new StringBuilder("vector: " + name + "\nmeaning: " + meaning + "\nkind: " + kind + "\n");
        for (int at = 0; at < hex.length(); at += HEX_PER_LINE) {
            text.append("hex: ").append(hex, at, Math.min(hex.length(), at + HEX_PER_LINE)).append('\n');
        }
        if (!diagnostic.isEmpty()) {
            text.append("diagnostic: ").append(diagnostic).append('\n');
        }
        return text.append("reaction: ").append(reaction).append('\n').toString();
    }

    /** Reads a file of vectors: lines {@code key: value}, empty lines between vectors, comments after {@code #}. */
    static List<Vector> read(String text) {
        var vectors = new ArrayList<Vector>();
        for (String block : text.split("\n\\s*\n")) {
            Map<String, String> keys = new LinkedHashMap<>();
            block.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                int colon = line.indexOf(": ");
                keys.merge(line.substring(0, colon), line.substring(colon + 2), String::concat);
            });
            if (!keys.isEmpty()) {
                vectors.add(new Vector(keys.get("vector"), keys.get("meaning"), keys.get("kind"),
                    HexFormat.of().parseHex(keys.get("hex")), keys.getOrDefault("diagnostic", ""), keys.get("reaction")));
            }
        }
        return vectors;
    }
}
