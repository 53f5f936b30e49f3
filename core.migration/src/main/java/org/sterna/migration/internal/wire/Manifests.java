package org.sterna.migration.internal.wire;

import java.util.Map;
import java.util.TreeMap;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.machine.state.StateSchema;
import org.sterna.migration.internal.negotiation.Manifest;

/** The payload of a MANIFEST frame (specification, section 5.2). */
public final class Manifests {
    private Manifests() {
    }

    /** The bytes of a manifest. */
    public static byte[] encode(Manifest manifest) {
        Map<String, Object> tree = Trees.map("name", manifest.name(), "abi", manifest.abi().toJson(),
            "sections", manifest.sections().stream().map(Manifests::tree).toList(),
            "bulk", manifest.regions().stream().map(Manifests::tree).toList(),
            "host", manifest.host(), "accept-loss", Trees.sorted(manifest.acceptLoss()));
        if (!manifest.contents().isEmpty()) {
            tree.put("contents", Contents.tree(manifest.contents()));
        }
        return Cbor.encode(tree);
    }

    private static Object tree(Manifest.Section section) {
        return Trees.map("path", section.path(), "type", section.type(), "version", section.version(),
            "schema", Schemas.tree(section.schema()), "not-default", Trees.paths(section.notDefault()),
            "acked", Trees.sorted(section.acknowledged()), "after", Trees.sorted(section.after()));
    }

    private static Object tree(Manifest.Region region) {
        return Trees.map("name", region.name(), "base", region.base(), "size", region.size(),
            "page-size", (long) region.pageSize());
    }

    /** The manifest that {@link #encode} gave. */
    public static Manifest decode(String from, byte[] bytes) throws Failure {
        try {
            return decode(new Node(from, "manifest", Cbor.decode(bytes)));
        } catch (CborException e) {
            throw Failure.here(from, "is malformed: " + e.getMessage(), "");
        }
    }

    /** The manifest of a frame. */
    public static Manifest decode(Node node) throws Failure {
        String abi = node.get("abi").text(Limits.ABI_DOCUMENT);
        var manifest = new Manifest(node.get("name").text(), node.get("abi").make(() -> AbiDocument.fromJson(abi)),
            node.get("sections").items(Limits.ITEMS, Manifests::section),
            node.get("bulk").items(Limits.ITEMS, Manifests::region),
            host(node.get("host")), Trees.set(node.get("accept-loss")),
            Contents.decode(node.get("contents")));
        ManifestRules.check(node.peer(), manifest);
        return manifest;
    }

    private static Manifest.Section section(Node node) throws Failure {
        String type = node.get("type").text();
        StateSchema schema = Schemas.schema(node.get("schema"));
        if (!schema.type().equals(type)) {
            throw Failure.here(node.peer(), "sent a manifest whose section " + node.get("path").text() + " of type " + type
                + " has the schema of " + schema.type(), "");
        }
        return new Manifest.Section(node.get("path").text(), type, node.get("version").text(), schema,
            Trees.paths(node.get("not-default")), Trees.set(node.get("acked")), Trees.set(node.get("after")));
    }

    private static Manifest.Region region(Node node) throws Failure {
        return new Manifest.Region(node.get("name").text(), node.get("base").count(), node.get("size").count(),
            (int) node.get("page-size").number(1, 1 << 30));
    }

    private static Map<String, Map<String, Object>> host(Node node) throws Failure {
        var host = new TreeMap<String, Map<String, Object>>();
        for (var part : node.entries(Limits.ITEMS).entrySet()) {
            var settings = new TreeMap<String, Object>();
            for (var setting : part.getValue().entries(Limits.ITEMS).entrySet()) {
                Object value = setting.getValue().value();
                settings.put(setting.getKey(), value instanceof Boolean || value instanceof Long ? value
                    : setting.getValue().text(Limits.LONG_TEXT));
            }
            host.put(part.getKey(), settings);
        }
        return host;
    }
}
