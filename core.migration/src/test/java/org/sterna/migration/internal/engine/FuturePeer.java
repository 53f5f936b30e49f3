package org.sterna.migration.internal.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.internal.wire.FrameType;

/** Makes a peer of a later version of the protocol, or a third party's, of one of today. */
record FuturePeer(UnaryOperator<byte[]> versions, UnaryOperator<RawFrame> messages, Function<RawFrame, List<RawFrame>> before)
        implements RewritingProxy.Rewriter {
    /** Maps whose keys are names of their own, so that another key would mean something. */
    private static final Set<String> OPEN = Set.of("capabilities", "parameters", "host", "digests", "sections");
    /** Of each kind of type that this version does not know. */
    private static final List<RawFrame> OPTIONAL = List.of(new RawFrame(22, 0, new byte[] {1, 2, 3}),
        RawFrame.named(0x100, 0, "compressed-pages"), RawFrame.named(0x8001, 0x8000, "com.example.hint"),
        new RawFrame(0xffff, 0, new byte[0]));

    /** As versions go on: speaks 1.0 too, has more to say everywhere, and none of it is mandatory. */
    static FuturePeer compatible(int major, int minor) {
        return new FuturePeer(preamble -> speaking(preamble, 1, 0, major, minor), FuturePeer::withMore,
            frame -> frame.type() == FrameType.HELLO ? List.of() : OPTIONAL);
    }

    /** Like today's, but for one thing. */
    static FuturePeer with(UnaryOperator<RawFrame> messages) {
        return new FuturePeer(UnaryOperator.identity(), messages, frame -> List.of());
    }

    /** Like today's, but it sends one more frame before the first of a type. */
    static FuturePeer inserting(FrameType before, RawFrame frame) {
        return new FuturePeer(UnaryOperator.identity(), UnaryOperator.identity(),
            next -> next.type() == before ? List.of(frame) : List.of());
    }

    /** Like today's, but for the versions that it speaks. */
    static FuturePeer speaking(int lowestMajor, int lowestMinor, int highestMajor, int highestMinor) {
        return new FuturePeer(preamble -> speaking(preamble, lowestMajor, lowestMinor, highestMajor, highestMinor),
            UnaryOperator.identity(), frame -> List.of());
    }

    /** A preamble with other versions and the checksum that belongs to it. */
    static byte[] speaking(byte[] preamble, int lowestMajor, int lowestMinor, int highestMajor, int highestMinor) {
        var other = ByteBuffer.wrap(preamble.clone());
        other.putShort(10, (short) lowestMajor).putShort(12, (short) lowestMinor);
        other.putShort(14, (short) highestMajor).putShort(16, (short) highestMinor);
        var crc = new CRC32C();
        crc.update(other.array(), 0, 60);
        return other.putInt(60, (int) crc.getValue()).array();
    }

    @Override
    public byte[] preamble(byte[] preamble) {
        return versions.apply(preamble);
    }

    @Override
    public List<byte[]> frame(RawFrame frame) {
        return frames(frame).stream().map(RawFrame::bytes).toList();
    }

    /** What it sends instead of a frame. */
    List<RawFrame> frames(RawFrame frame) {
        var frames = new ArrayList<>(before.apply(frame));
        frames.add(messages.apply(frame));
        return frames;
    }

    private static RawFrame withMore(RawFrame frame) {
        if (!frame.isCbor()) {
            return frame;
        }
        var tree = (Map<?, ?>) more("", frame.tree());
        return frame.with(Cbor.encode(frame.type() == FrameType.HELLO ? offering(tree) : tree));
    }

    /** A tree with keys that nobody knows in every map of a message. */
    private static Object more(String key, Object node) {
        return switch (node) {
            case Map<?, ?> map when !key.equals("default") && map.keySet().stream().allMatch(String.class::isInstance) -> {
                var tree = new TreeMap<String, Object>();
                map.forEach((name, value) -> tree.put((String) name, more(key.equals("host") ? "parameters" : (String) name,
                    value)));
                if (!OPEN.contains(key)) {
                    tree.put("com.example.key", List.of(1L, Map.of("deep", new byte[] {7}), "text", true));
                    tree.put("later", 1L);
                }
                yield tree;
            }
            case List<?> list -> list.stream().map(item -> more("", item)).toList();
            default -> node;
        };
    }

    /** A HELLO with a capability of a third party and parameters that nobody knows. */
    private static Map<String, Object> offering(Map<?, ?> hello) {
        var capabilities = new TreeMap<String, Object>();
        ((Map<?, ?>) hello.get("capabilities")).forEach((name, offer) -> {
            var other = new TreeMap<String, Object>();
            ((Map<?, ?>) offer).forEach((key, value) -> other.put((String) key, value));
            var parameters = new TreeMap<String, Object>();
            ((Map<?, ?>) other.get("parameters")).forEach((key, value) -> parameters.put((String) key, value));
            parameters.put("later", List.of("best", 2L));
            parameters.computeIfPresent("page-size", (key, value) -> List.of(65536L, 4096L));
            other.put("parameters", parameters);
            capabilities.put((String) name, other);
        });
        capabilities.put("com.example.zstd", Map.of("need", "preferred", "parameters",
            Map.of("level", List.of(19L, 3L), "dictionary", List.of("none"))));
        var tree = new TreeMap<String, Object>();
        hello.forEach((key, value) -> tree.put((String) key, value));
        tree.put("capabilities", capabilities);
        return tree;
    }
}
