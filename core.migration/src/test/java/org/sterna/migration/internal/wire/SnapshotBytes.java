package org.sterna.migration.internal.wire;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.internal.negotiation.Manifest;

/**
 * A snapshot in which all agrees, until a test changes something; every checksum and offset follows what is changed.
 */
final class SnapshotBytes {
    /** All pages are zero. */
    static final String ZEROES = "0000 0001 00000000  0000000000000000 00000010 00000001";
    /** What an index says of that. */
    static final String ALL_ZERO = "0000000000000000 0000000000000010 0000000000000000";
    private static final int PAGE = 4096;

    byte[] preamble;
    byte[] hello = Capabilities.OURS.encode();
    Manifest manifest;
    /** The states, whole, by path. */
    final SortedMap<String, SortedMap<Long, Object>> states;
    UnaryOperator<Messages.Section> section = UnaryOperator.identity();
    UnaryOperator<Messages.Finish> finish = UnaryOperator.identity();
    Consumer<Map<String, Object>> index = tree -> { };
    long indexShift;
    String runs = ALL_ZERO;
    byte[] beforeManifest = {};
    byte[] beforeFinish = {};
    byte[] beforeIndex = {};
    byte[] beforeEnd = {};
    /** Sections that have no frame. */
    final List<String> left = new ArrayList<>();
    private final List<byte[]> pages = new ArrayList<>();
    private boolean aligned = true;

    SnapshotBytes(Manifest manifest, SortedMap<String, SortedMap<Long, Object>> states) {
        this.manifest = manifest;
        this.states = new TreeMap<>();
        states.forEach((path, state) -> this.states.put(path, new TreeMap<>(state)));
        preamble = new byte[Preamble.SIZE];
        Preamble.file().encode().readBytes(preamble);
    }

    /** Adds a PAGES frame, whose pages of data hold one byte each. */
    SnapshotBytes pages(String ranges, int... data) {
        byte[] head = HexFormat.of().parseHex(ranges.replace(" ", ""));
        var payload = ByteBuffer.allocate(head.length + data.length * PAGE).put(head);
        for (int content : data) {
            for (int i = 0; i < PAGE; i++) {
                payload.put((byte) content);
            }
        }
        pages.add(payload.array());
        return this;
    }

    /** Leaves out what makes data begin at a page of the file. */
    SnapshotBytes unaligned() {
        aligned = false;
        return this;
    }

    private static byte[] frame(FrameType type, byte[] payload) {
        return VectorsTest.frame(type.code(), type.flags(), payload);
    }

    byte[] build() {
        if (pages.isEmpty()) {
            pages(ZEROES);
        }
        var out = new ByteArrayOutputStream();
        out.writeBytes(preamble);
        out.writeBytes(frame(FrameType.HELLO, hello));
        Messages.Bulk bulk = writePages(out);
        out.writeBytes(beforeManifest);
        long manifestAt = out.size();
        out.writeBytes(frame(FrameType.MANIFEST, Manifests.encode(manifest)));
        var starts = new TreeMap<String, Object>();
        for (Manifest.Section offer : manifest.sections()) {
            if (!left.contains(offer.path())) {
                starts.put(offer.path(), (long) out.size());
                out.writeBytes(frame(FrameType.SECTION, section.apply(new Messages.Section(offer.path(), offer.type(),
                    offer.schema().version(), offer.schema().extensions(),
                    Cbor.encode(states.get(offer.path())))).encode()));
            }
        }
        out.writeBytes(beforeFinish);
        long finishAt = out.size();
        out.writeBytes(frame(FrameType.FINISH, finish.apply(new Messages.Finish(bulk, starts.size(), true)).encode()));
        out.writeBytes(beforeIndex);
        long indexAt = out.size();
        var tree = new TreeMap<String, Object>(Map.of("manifest", manifestAt, "finish", finishAt, "sections", starts,
            "pages", HexFormat.of().parseHex(runs.replace(" ", ""))));
        index.accept(tree);
        out.writeBytes(frame(FrameType.INDEX, Cbor.encode(tree)));
        out.writeBytes(beforeEnd);
        out.writeBytes(frame(FrameType.END,
            ByteBuffer.allocate(16).putLong(indexAt + indexShift).putLong(out.size() + 32L).array()));
        return out.toByteArray();
    }

    private Messages.Bulk writePages(ByteArrayOutputStream out) {
        var checksum = new CRC32C();
        long data = 0;
        long zero = 0;
        for (byte[] payload : pages) {
            int ranges = ByteBuffer.wrap(payload).getShort(2);
            int head = Frame.HEADER + 8 + 16 * ranges;
            int excess = (out.size() + head) % PAGE;
            boolean hasData = payload.length > head - Frame.HEADER;
            if (hasData && aligned && excess != 0) {
                int length = PAGE - excess < Frame.HEADER ? 2 * PAGE - excess : PAGE - excess;
                out.writeBytes(VectorsTest.frame(FrameType.PAD.code(), 0, new byte[length - Frame.HEADER]));
            }
            for (int i = 0; i < ranges; i++) {
                int number = ByteBuffer.wrap(payload).getInt(16 + 16 * i);
                boolean isZero = ByteBuffer.wrap(payload).getInt(20 + 16 * i) == 1;
                data += isZero ? 0 : number;
                zero += isZero ? number : 0;
            }
            byte[] frame = frame(FrameType.PAGES, payload);
            checksum.update(frame, 8, 4);
            out.writeBytes(frame);
        }
        return new Messages.Bulk(pages.size(), data, zero, checksum.getValue());
    }

    /** The preamble with some bytes changed, and the checksum that belongs to it. */
    SnapshotBytes preamble(int at, String hex) {
        var bytes = Unpooled.copiedBuffer(preamble).setBytes(at, HexFormat.of().parseHex(hex.replace(" ", "")));
        preamble = Unpooled.copiedBuffer(bytes.setInt(Preamble.SIZE - 4,
            Checksums.of(bytes, 0, Preamble.SIZE - 4))).array();
        return this;
    }
}
