package org.sterna.migration.internal.wire;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.sterna.machine.ContentIdentity;

/** By what the content of host resources is known again, as a snapshot's manifest has it (specification, section 12.7). */
final class Contents {
    /** The longest digest in bytes. */
    private static final int DIGEST = 64;

    private Contents() {
    }

    static Map<String, Object> tree(Map<String, List<ContentIdentity>> contents) {
        var tree = new TreeMap<String, Object>();
        contents.forEach((path, identities) -> tree.put(path, identities.stream().map(Contents::tree).toList()));
        return tree;
    }

    private static Object tree(ContentIdentity identity) {
        Map<String, Object> tree = Trees.map("property", identity.property(), "size", identity.size());
        identity.modified().filter(time -> !time.isBefore(Instant.EPOCH))
            .ifPresent(time -> tree.put("modified", ChronoUnit.NANOS.between(Instant.EPOCH, time)));
        if (!identity.method().isEmpty()) {
            tree.put("method", identity.method());
            tree.put("digest", HexFormat.of().parseHex(identity.digest()));
        }
        return tree;
    }

    /** Those of a manifest; none if it has none. */
    static Map<String, List<ContentIdentity>> decode(Node node) throws Failure {
        var contents = new TreeMap<String, List<ContentIdentity>>();
        if (node.present()) {
            for (var part : node.entries(Limits.ITEMS).entrySet()) {
                contents.put(part.getKey(), part.getValue().items(Limits.ITEMS, Contents::identity));
            }
        }
        return contents;
    }

    private static ContentIdentity identity(Node node) throws Failure {
        Node modified = node.get("modified");
        Optional<Instant> time = modified.present() ? Optional.of(Instant.EPOCH.plusNanos(modified.count())) : Optional.empty();
        String method = node.get("method").textOrEmpty();
        String digest = method.isEmpty() ? "" : HexFormat.of().formatHex(node.get("digest").bytes(DIGEST));
        return new ContentIdentity(node.get("property").text(), node.get("size").count(), time, method, digest);
    }
}
