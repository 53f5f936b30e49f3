package org.sterna.migration.internal.engine;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.internal.wire.FrameType;

/** Takes a snapshot apart, and puts one together again from other frames with an index that is right for them. */
final class MachineFileLayout {
    private static final int PAGE = 4096;

    /** A frame and where it began; -1 if it is new. */
    private record Piece(long oldStart, RawFrame frame) {
    }

    private final byte[] preamble;
    private final List<Piece> pieces = new ArrayList<>();

    MachineFileLayout(byte[] file) throws IOException {
        preamble = Arrays.copyOf(file, 64);
        var in = new DataInputStream(new ByteArrayInputStream(file, 64, file.length - 64));
        for (long at = 64; at < file.length; ) {
            RawFrame frame = RawFrame.read(in);
            pieces.add(new Piece(at, frame));
            at += RawFrame.HEADER + frame.payload().length;
        }
    }

    List<RawFrame> frames() {
        return pieces.stream().map(Piece::frame).toList();
    }

    /** The file with other frames in the place of each; the one of the same type takes its place in the index. */
    byte[] rewritten(byte[] otherPreamble, Function<RawFrame, List<RawFrame>> rewriter) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(otherPreamble == null ? preamble : otherPreamble);
        var moved = new TreeMap<Long, Long>();
        long index = 0;
        for (Piece piece : pieces) {
            if (piece.frame().type() == FrameType.PAD) {
                continue;
            }
            RawFrame here = piece.frame();
            if (here.type() == FrameType.INDEX) {
                index = out.size();
                here = here.with(Cbor.encode(relocated((Map<?, ?>) here.tree(), moved)));
            }
            for (RawFrame frame : rewriter.apply(here)) {
                RawFrame last = frame;
                if (frame.type() == FrameType.PAGES) {
                    pad(out, headOf(frame));
                } else if (frame.type() == FrameType.INDEX) {
                    index = out.size();
                } else if (frame.type() == FrameType.END) {
                    last = frame.with(ByteBuffer.allocate(16).putLong(index).putLong(out.size() + 32L).array());
                }
                if (frame.code() == piece.frame().code()) {
                    moved.put(piece.oldStart(), (long) out.size());
                }
                out.writeBytes(last.bytes());
            }
        }
        return out.toByteArray();
    }

    private static int headOf(RawFrame pages) {
        return RawFrame.HEADER + 8 + 16 * ByteBuffer.wrap(pages.payload()).getShort(2);
    }

    private static void pad(ByteArrayOutputStream out, int head) {
        int excess = (out.size() + head) % PAGE;
        if (excess != 0) {
            int length = PAGE - excess < RawFrame.HEADER ? 2 * PAGE - excess : PAGE - excess;
            out.writeBytes(new RawFrame(FrameType.PAD.code(), 0, new byte[length - RawFrame.HEADER]).bytes());
        }
    }

    private static Map<String, Object> relocated(Map<?, ?> index, TreeMap<Long, Long> moved) {
        var tree = new TreeMap<String, Object>();
        index.forEach((key, value) -> tree.put((String) key, switch ((String) key) {
            case "manifest", "finish" -> moved.getOrDefault(value, 0L);
            case "sections" -> {
                var sections = new TreeMap<String, Object>();
                ((Map<?, ?>) value).forEach((path, start) -> sections.put((String) path, moved.getOrDefault(start, 0L)));
                yield sections;
            }
            case "pages" -> {
                var runs = ByteBuffer.wrap(((byte[]) value).clone());
                for (int at = 16; at < runs.capacity(); at += 24) {
                    long offset = runs.getLong(at);
                    var frame = moved.floorEntry(offset);
                    if (offset != 0 && frame != null) {
                        runs.putLong(at, offset - frame.getKey() + frame.getValue());
                    }
                }
                yield runs.array();
            }
            default -> value;
        }));
        return tree;
    }
}
