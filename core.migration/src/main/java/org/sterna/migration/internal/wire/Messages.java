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
import org.sterna.machine.cbor.CborException;
import org.sterna.migration.internal.negotiation.Manifest;

/** The payloads of the smaller frames (specification, sections 5.4 to 5.9). */
public final class Messages {
    /** The payload of a frame that says all by its type. */
    public static final byte[] EMPTY = Cbor.encode(Map.of());

    /** The length of a SHA-256 in bytes. */
    private static final int DIGEST = 32;

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

        /** Whether it is the one that a manifest announces. */
        public boolean isOf(Manifest.Section announced) {
            return path.equals(announced.path()) && type.equals(announced.type())
                && version == announced.schema().version()
                && extensions.equals(announced.schema().extensions());
        }

        /**
         * The state in it.
         *
         * @param from who has sent it, for messages
         * @throws Failure if it is not CBOR, or a map in it has other keys than ids
         */
        public SortedMap<Long, Object> state(String from) throws Failure {
            try {
                if (Cbor.decode(data) instanceof Map<?, ?> map && hasIds(map)) {
                    var state = new TreeMap<Long, Object>();
                    map.forEach((id, value) -> state.put((Long) id, value));
                    return state;
                }
                throw Failure.here(from, "sent a section " + path + " that is not a map of field ids", "");
            } catch (CborException e) {
                throw Failure.here(from, "sent a malformed section " + path + ": " + e.getMessage(), "");
            }
        }

        private static boolean hasIds(Object value) {
            return switch (value) {
                case Map<?, ?> map -> map.entrySet().stream().allMatch(entry -> entry.getKey() instanceof Long id
                    && id > 0 && id <= Integer.MAX_VALUE && hasIds(entry.getValue()));
                case List<?> list -> list.stream().allMatch(Section::hasIds);
                default -> true;
            };
        }

        /** The section of a frame, its checksum checked. */
        public static Section decode(Node node) throws Failure {
            byte[] data = node.get("data").bytes(FrameType.SECTION.maxLength());
            var section = new Section(node.get("path").text(), node.get("type").text(), node.get("version").ordinal(),
                Trees.set(node.get("extensions")), data);
            if (node.get("size").count() != data.length
                    || !MessageDigest.isEqual(digest(data), node.get("sha-256").bytes(DIGEST))) {
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
        @Override
        public String toString() {
            return frames + " frames with " + dataPages + " pages of data and " + zeroPages + " of zeroes, checksum "
                + String.format("%08x", checksum);
        }

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

        /**
         * Checks that there is a digest of each section, and no other.
         *
         * @throws Failure naming what is missing or surplus
         */
        public void checkSections(String peer, Set<String> paths) throws Failure {
            for (String path : paths) {
                if (!digests.containsKey(path)) {
                    throw Failure.here(peer, "has sent no digest of " + path, "");
                }
            }
            for (String path : digests.keySet()) {
                if (!paths.contains(path)) {
                    throw Failure.here(peer, "has sent a digest of " + path + ", which was not sent", "");
                }
            }
        }

        /** The message of a frame. */
        public static Loaded decode(Node node) throws Failure {
            var digests = new TreeMap<String, byte[]>();
            for (var entry : node.get("digests").entries(Limits.ITEMS).entrySet()) {
                byte[] digest = entry.getValue().bytes(DIGEST);
                if (digest.length != DIGEST) {
                    throw Failure.here(node.peer(), "sent a malformed message: the digest of " + entry.getKey()
                        + " has " + digest.length + " bytes", "");
                }
                digests.put(entry.getKey(), digest);
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
