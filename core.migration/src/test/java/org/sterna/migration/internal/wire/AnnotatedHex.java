package org.sterna.migration.internal.wire;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;

/** CBOR byte by byte, with what each group of bytes stands for: the dumps in the specification. */
final class AnnotatedHex {
    private static final int NOTES_AT = 60;
    private static final int BYTES_PER_LINE = 24;

    private final StringBuilder text = new StringBuilder();

    private AnnotatedHex() {
    }

    /** A tree. */
    static String of(Object tree) {
        var dump = new AnnotatedHex();
        dump.node(tree, 0, "");
        return dump.text.toString();
    }

    /** The header of a frame, then the tree that its payload is. */
    static String frame(byte[] frame) {
        var dump = new AnnotatedHex();
        dump.header(frame);
        try {
            dump.node(Cbor.decode(Arrays.copyOfRange(frame, Frame.HEADER, frame.length)), 0, "");
        } catch (CborException e) {
            throw new AssertionError(e);
        }
        return dump.text.toString();
    }

    /** The header of a frame, then its payload, which begins with the frame's name. */
    static String namedFrame(byte[] frame) {
        var dump = new AnnotatedHex();
        dump.header(frame);
        int length = frame[Frame.HEADER];
        dump.line(0, Arrays.copyOfRange(frame, Frame.HEADER, Frame.HEADER + 1), "length of the name");
        dump.line(0, Arrays.copyOfRange(frame, Frame.HEADER + 1, Frame.HEADER + 1 + length), "the name");
        dump.line(0, Arrays.copyOfRange(frame, Frame.HEADER + 1 + length, frame.length), "the rest, as this frame has it");
        return dump.text.toString();
    }

    private void header(byte[] frame) {
        int code = (frame[0] & 0xff) << 8 | frame[1] & 0xff;
        String[] notes = {"type " + (FrameType.of(code) == null ? code : FrameType.of(code)),
            frame[3] == 0 ? "flags: none" : "flags: MANDATORY", "length " + (frame.length - Frame.HEADER),
            "CRC-32C of the payload",
            "CRC-32C of the header"};
        int[] ends = {0, 2, 4, 8, 12, 16};
        for (int i = 0; i < notes.length; i++) {
            line(0, Arrays.copyOfRange(frame, ends[i], ends[i + 1]), notes[i]);
        }
    }

    private void line(int depth, byte[] bytes, String note) {
        for (int at = 0; at < bytes.length; at += BYTES_PER_LINE) {
            String hex = "  ".repeat(depth) + HexFormat.of().formatHex(bytes, at, Math.min(bytes.length, at + BYTES_PER_LINE));
            text.append(at > 0 ? hex : hex + " ".repeat(Math.max(1, NOTES_AT - hex.length())) + "# " + note).append('\n');
        }
    }

    private void node(Object node, int depth, String key) {
        byte[] all = Cbor.encode(node);
        switch (node) {
            case Map<?, ?> map -> {
                line(depth, Arrays.copyOf(all, headOf(map.size())), key + "map of " + map.size());
                // Decoded trees have their keys in the order of the encoding.
                sorted(map).forEach((name, value) -> {
                    line(depth + 1, Cbor.encode(name), Diagnostic.of(name) + ":");
                    node(value, depth + 2, "");
                });
            }
            case List<?> list -> {
                line(depth, Arrays.copyOf(all, headOf(list.size())), key + "list of " + list.size());
                list.forEach(item -> node(item, depth + 1, ""));
            }
            default -> line(depth, all, Diagnostic.of(node));
        }
    }

    private static Map<?, ?> sorted(Map<?, ?> map) {
        try {
            return (Map<?, ?>) Cbor.decode(Cbor.encode(map));
        } catch (CborException e) {
            return new TreeMap<>(map);
        }
    }

    private static int headOf(int count) {
        return count < 24 ? 1 : count < 256 ? 2 : 3;
    }

    /** The bytes of a dump. */
    static byte[] bytes(String dump) {
        var hex = new StringBuilder();
        dump.lines().forEach(line -> hex.append(line.split("#", 2)[0].strip()));
        return HexFormat.of().parseHex(hex.toString());
    }
}
