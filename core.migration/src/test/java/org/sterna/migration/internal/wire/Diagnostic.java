package org.sterna.migration.internal.wire;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Diagnostic notation of CBOR (RFC 8949, section 8). */
final class Diagnostic {
    private Diagnostic() {
    }

    static String of(Object tree) {
        return switch (tree) {
            case Map<?, ?> map -> map.entrySet().stream().map(entry -> of(entry.getKey()) + ": " + of(entry.getValue()))
                .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(Diagnostic::of).collect(Collectors.joining(", ", "[", "]"));
            case byte[] bytes -> "h'" + HexFormat.of().formatHex(bytes) + "'";
            case String text -> "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
            default -> tree.toString();
        };
    }
}
