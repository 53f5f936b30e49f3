package org.sterna.machine.abi;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** The JSON form of an ABI document. */
final class AbiJson {
    private AbiJson() {
    }

    static String write(AbiDocument document, boolean withProvenance) {
        var devices = new TreeMap<String, Object>();
        document.devices().forEach((path, part) -> devices.put(path, part(part, withProvenance)));
        var root = new TreeMap<String, Object>(Map.of(
            "board", part(document.board(), withProvenance),
            "devices", devices,
            "machineType", document.machineType(),
            "memory", document.memory(),
            "processor", part(document.processor(), withProvenance),
            "processors", (long) document.processors()));
        var text = new StringBuilder();
        append(text, root);
        return text.toString();
    }

    static String fingerprint(AbiDocument document) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(write(document, false).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, Object> part(PartAbi part, boolean withProvenance) {
        var properties = new TreeMap<String, Object>();
        part.settings().forEach((name, setting) -> properties.put(name, withProvenance
            ? new TreeMap<String, Object>(Map.of("from", setting.provenance().word(), "value", setting.value()))
            : setting.value()));
        return new TreeMap<>(Map.of("abi", part.abi().toString(), "properties", properties, "slot", (long) part.slot(),
            "type", part.type()));
    }

    /** RFC 8785: keys in UTF-16 order (as a TreeMap of strings has them), no spaces, integers as they are. */
    private static void append(StringBuilder text, Object value) {
        switch (value) {
            case Map<?, ?> map -> {
                char separator = '{';
                for (var entry : map.entrySet()) {
                    text.append(separator);
                    append(text, entry.getKey());
                    text.append(':');
                    append(text, entry.getValue());
                    separator = ',';
                }
                text.append(map.isEmpty() ? "{}" : "}");
            }
            case String string -> quote(text, string);
            default -> text.append(value);
        }
    }

    /** RFC 8785, section 3.2.2.2. */
    private static void quote(StringBuilder text, String string) {
        text.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> text.append(c < 0x20 ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        text.append('"');
    }

    static AbiDocument read(String json) {
        if (json.length() > AbiDocument.MAX_LENGTH) {
            throw new IllegalArgumentException("the ABI document has more than " + AbiDocument.MAX_LENGTH + " characters");
        }
        JsonNode root = JsonNode.read("ABI document", json)
            .only("board", "devices", "machineType", "memory", "processor", "processors");
        var devices = new TreeMap<String, PartAbi>();
        root.get("devices").entries("/[a-z0-9-]{1,128}@[0-9]{1,5}").forEach((path, node) -> devices.put(path, part(node)));
        var document = new AbiDocument(root.get("machineType").text("[A-Za-z0-9._-]{1,128}"), root.get("memory").number(1, PropertyType.MAX_NUMBER),
            (int) root.get("processors").number(1, 0xffff), part(root.get("board")), part(root.get("processor")), devices);
        requireCanonical(json, write(document, true));
        return document;
    }

    private static void requireCanonical(String json, String canonical) {
        int at = 0;
        while (at < Math.min(json.length(), canonical.length()) && json.charAt(at) == canonical.charAt(at)) {
            at++;
        }
        if (at < Math.max(json.length(), canonical.length())) {
            throw new IllegalArgumentException("the ABI document is not canonical JSON (RFC 8785): after "
                + json.substring(Math.max(0, at - 20), at) + " there should be "
                + canonical.substring(at, Math.min(canonical.length(), at + 20)));
        }
    }

    private static PartAbi part(JsonNode node) {
        node.only("abi", "properties", "slot", "type");
        var settings = new TreeMap<String, Setting>();
        node.get("properties").entries("[a-z0-9-]{1,128}").forEach((name, setting) -> settings.put(name, setting(setting)));
        return node.make(n -> new PartAbi(n.get("type").text(), n.get("abi").make(abi -> AbiVersion.parse(abi.text())),
            (int) n.get("slot").number(0, 0xffff), settings));
    }

    private static Setting setting(JsonNode node) {
        node.only("from", "value");
        var provenance = node.get("from").make(from -> Provenance.of(from.text()));
        return node.get("value").make(value -> new Setting(value.value(), provenance));
    }
}
