package org.sterna.migration.internal.wire;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;

/** The payloads of the smaller frames (specification, sections 5.4 to 5.9). */
public final class Messages {
    /** The payload of a frame that says all by its type. */
    public static final byte[] EMPTY = Cbor.encode(Map.of());

    private Messages() {
    }

    /**
     * The number of a pre-copy round, in ROUND and ROUND_DONE.
     *
     * @param number from 1
     */
    public record Round(long number) {
        /** The bytes. */
        public byte[] encode() {
            return Cbor.encode(Trees.map("round", number));
        }

        /** The round of a frame. */
        public static Round decode(Node node) throws Failure {
            return new Round(node.get("round").number(1, Long.MAX_VALUE));
        }
    }

    /**
     * The state of one part.
     *
     * @param path       the part
     * @param type       its type
     * @param version    the state version of the writer
     * @param extensions the extensions in the writer's schema
     * @param data       the fields that are sent: CBOR of its own
     */
    public record Section(String path, String type, int version, Set<String> extensions, byte[] data) {
        /** The bytes. */
        public byte[] encode() {
            return Cbor.encode(Trees.map("path", path, "type", type, "version", (long) version,
                "extensions", Trees.sorted(extensions), "size", (long) data.length, "sha-256", digest(data), "data", data));
        }

        /** The section of a frame, its checksum checked. */
        public static Section decode(Node node) throws Failure {
            byte[] data = node.get("data").bytes(FrameType.SECTION.maxLength());
            var section = new Section(node.get("path").text(), node.get("type").text(), node.get("version").ordinal(),
                Set.copyOf(node.get("extensions").items(Limits.ITEMS, Node::text)), data);
            if (node.get("size").count() != data.length
                    || !MessageDigest.isEqual(digest(data), node.get("sha-256").bytes(32))) {
                throw Failure.here(node.peer(), "sent a damaged section " + section.path, "");
            }
            return section;
        }
    }

    /**
     * What a side has counted of the bulk of a region, in FINISH and LOADED.
     *
     * @param frames    the PAGES frames
     * @param dataPages the pages that came with data, each as often as it came
     * @param zeroPages the pages that came by range only, each as often as it came
     * @param checksum  CRC-32C of the payload checksums of all PAGES frames, in their order
     */
    public record Bulk(long frames, long dataPages, long zeroPages, long checksum) {
        Object tree() {
            return Trees.map("frames", frames, "data-pages", dataPages, "zero-pages", zeroPages, "checksum", checksum);
        }

        static Bulk of(Node node) throws Failure {
            return new Bulk(node.get("frames").count(), node.get("data-pages").count(), node.get("zero-pages").count(),
                node.get("checksum").number(0, 0xffff_ffffL));
        }
    }

    /**
     * All has been sent.
     *
     * @param bulk     what was sent
     * @param sections how many
     * @param running  whether the guest ran, and so is to run at the destination
     */
    public record Finish(Bulk bulk, long sections, boolean running) {
        /** The bytes. */
        public byte[] encode() {
            return Cbor.encode(Trees.map("bulk", bulk.tree(), "sections", sections, "running", running));
        }

        /** The message of a frame. */
        public static Finish decode(Node node) throws Failure {
            return new Finish(Bulk.of(node.get("bulk")), node.get("sections").count(),
                node.get("running").flag());
        }
    }

    /**
     * All has been restored.
     *
     * @param bulk    what came
     * @param digests of each section as it was re-encoded, by path
     */
    public record Loaded(Bulk bulk, SortedMap<String, byte[]> digests) {
        /** The bytes. */
        public byte[] encode() {
            return Cbor.encode(Trees.map("bulk", bulk.tree(), "digests", digests));
        }

        /** The message of a frame. */
        public static Loaded decode(Node node) throws Failure {
            var digests = new TreeMap<String, byte[]>();
            for (var entry : node.get("digests").entries(Limits.ITEMS).entrySet()) {
                digests.put(entry.getKey(), entry.getValue().bytes(32));
            }
            return new Loaded(Bulk.of(node.get("bulk")), digests);
        }
    }

    /**
     * The guest has been handed over.
     *
     * @param running  whether it runs; it does not if it was paused at the source
     * @param wallTime when, in nanoseconds since 1970-01-01T00:00:00Z by the destination's clock
     */
    public record Running(boolean running, long wallTime) {
        /** The bytes. */
        public byte[] encode() {
            return Cbor.encode(Trees.map("running", running, "wall-time", wallTime));
        }

        /** The message of a frame. */
        public static Running decode(Node node) throws Failure {
            return new Running(node.get("running").flag(), node.get("wall-time").count());
        }
    }

    /** The bytes of an ERROR. */
    public static byte[] encodeError(List<Reason> reasons) {
        for (int limit = reasons.size(); ; limit /= 2) {
            byte[] bytes = Cbor.encode(Trees.map("reasons", Trees.reasons(reasons.subList(0, limit))));
            if (bytes.length <= FrameType.ERROR.maxLength()) {
                return bytes;
            }
        }
    }

    /** The reasons of an ERROR, of which there is at least one. */
    public static List<Reason> decodeError(Node node) throws Failure {
        var reasons = Trees.reasons(node.get("reasons"));
        if (reasons.isEmpty()) {
            throw Failure.here(node.peer(), "sent an error without a reason", "");
        }
        return reasons;
    }

    /** SHA-256. */
    public static byte[] digest(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
