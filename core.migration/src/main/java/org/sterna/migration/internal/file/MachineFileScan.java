package org.sterna.migration.internal.file;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.state.StateException;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.StateShape;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Limits;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Node;
import org.sterna.migration.internal.wire.PageRanges;

/**
 * Takes the frames of a file with a machine in it, from the first to the last, and checks that what they say agrees
 * (specification, section 12.8). Of PAGES frames it reads the ranges, which is little; the content of pages is not
 * looked at.
 */
final class MachineFileScan {
    private final FrameFile file;
    private final PageRanges ranges = new PageRanges();
    private final CRC32C checksum = new CRC32C();
    private final SortedMap<String, Messages.Section> sections = new TreeMap<>();
    private final SortedMap<String, Long> sectionStarts = new TreeMap<>();
    /** Where the PAGES frames begin, as many of the first as there are. */
    private long[] pagesStarts = new long[16];
    private int pagesFrames;
    private long dataPages;
    private long zeroPages;
    private Step next = Step.HELLO;
    private boolean zeroRanges;
    private Manifest manifest;
    private long manifestStart;
    private Messages.Finish finish;
    private long finishStart;
    private Node index;
    private long indexStart;
    private long claimedIndex;
    private long claimedSize;
    private List<PageMap.Run> runs;

    /** What may come next; the names are those of the frames that bring the scan on. */
    private enum Step {
        HELLO,
        MANIFEST(FrameType.PAD, FrameType.PAGES),
        FINISH(FrameType.SECTION),
        INDEX,
        END,
        NOTHING;

        private final List<FrameType> before;

        Step(FrameType... before) {
            this.before = List.of(before);
        }

        /** The step after a frame; null if the frame has no place here. */
        Step after(FrameType type) {
            if (before.contains(type)) {
                return this;
            }
            return type.name().equals(name()) ? values()[ordinal() + 1] : null;
        }
    }

    /** A scan at the beginning of a file. */
    MachineFileScan(FrameFile file) {
        this.file = file;
    }

    /**
     * Takes the next frame. One of unknown type is passed over: whether it may be is for others to say.
     *
     * @throws Failure if it has no place there, is malformed, or its content is not what the format asks for
     */
    void take(long offset, FrameHeader header) throws Failure {
        FrameType type = FrameType.of(header.code());
        if (type == null) {
            return;
        }
        Step after = next.after(type);
        if (after == null) {
            throw file.damaged(offset, "a frame " + type + " where " + next + " has its place");
        }
        next = after;
        switch (type) {
            case HELLO -> zeroRanges = Capabilities.decode(tree(offset)).have(Capabilities.ZERO_PAGES);
            case PAGES -> pages(offset, header);
            case MANIFEST -> {
                manifest = Manifests.decode(tree(offset));
                manifestStart = offset;
            }
            case SECTION -> section(offset);
            case FINISH -> {
                finish = Messages.Finish.decode(tree(offset));
                finishStart = offset;
            }
            case INDEX -> {
                index = tree(offset);
                indexStart = offset;
            }
            case END -> end(offset);
            default -> { }
        }
    }

    private Node tree(long offset) throws Failure {
        return file.frame(offset).tree(file.name());
    }

    private void end(long offset) throws Failure {
        ByteBuf payload = file.frame(offset).payload();
        if (payload.readableBytes() != 2 * Long.BYTES) {
            throw file.damaged(offset, "a frame END has " + payload.readableBytes() + " bytes");
        }
        claimedIndex = payload.readLong();
        claimedSize = payload.readLong();
    }

    private void section(long offset) throws Failure {
        var section = Messages.Section.decode(tree(offset));
        if (sections.put(section.path(), section) != null) {
            throw file.contradiction("it has two frames SECTION for " + section.path());
        }
        sectionStarts.put(section.path(), offset);
    }

    private void pages(long offset, FrameHeader header) throws Failure {
        long content = ranges(offset, header);
        if (ranges.dataPages() > 0 && content % GuestMemory.PAGE_SIZE != 0) {
            throw file.damaged(offset, "the data of a frame PAGES begins at byte " + content
                + ", which is no multiple of " + GuestMemory.PAGE_SIZE);
        }
        if (ranges.zeroPages() > 0 && !zeroRanges) {
            throw file.damaged(offset, "a frame PAGES has a range of zeroes, although HELLO does not offer "
                + "the capability " + Capabilities.ZERO_PAGES);
        }
        if (pagesFrames == pagesStarts.length) {
            pagesStarts = Arrays.copyOf(pagesStarts, pagesFrames * 2);
        }
        pagesStarts[pagesFrames++] = offset;
        dataPages += ranges.dataPages();
        zeroPages += ranges.zeroPages();
        for (int shift = 24; shift >= 0; shift -= 8) {
            checksum.update(header.checksum() >>> shift);
        }
    }

    /** Reads the ranges of a PAGES frame; returns where its data begins. */
    private long ranges(long offset, FrameHeader header) throws Failure {
        ByteBuf head = file.read(offset + Frame.HEADER, (int) Math.min(header.length(), PageRanges.MAX_ENCODED));
        int size = PageRanges.encodedSize(head);
        try {
            ranges.decode(file.name(), head.slice(0, (int) Math.min(size, header.length())), header.length() - size,
                Integer.MAX_VALUE, GuestMemory.PAGE_SIZE);
        } catch (Failure malformed) {
            // If the frame is damaged, that says more.
            file.verify(offset, header);
            throw malformed;
        }
        return offset + Frame.HEADER + size;
    }

    /** Checks that all that was taken agrees, when the last frame has been. */
    void check() throws Failure {
        if (next != Step.NOTHING) {
            throw file.damaged(file.size(), "it ends where " + next + " has its place");
        }
        require(claimedIndex == indexStart, "END has the frame INDEX at byte " + claimedIndex + ", it is at byte "
            + indexStart);
        require(claimedSize == file.size(), "END says that it has " + claimedSize + " bytes, it has " + file.size());
        checkCounts();
        checkSections();
        checkIndex();
    }

    private void require(boolean agrees, String contradiction) throws Failure {
        if (!agrees) {
            throw file.contradiction(contradiction);
        }
    }

    private void checkCounts() throws Failure {
        var counted = new Messages.Bulk(pagesFrames, dataPages, zeroPages, checksum.getValue());
        require(finish.bulk().equals(counted), "FINISH says " + finish.bulk() + ", its frames PAGES are " + counted);
        require(finish.sections() == sections.size(), "FINISH says " + finish.sections() + " sections, there are "
            + sections.size());
    }

    private void checkSections() throws Failure {
        var unmatched = new HashSet<>(sections.keySet());
        for (Manifest.Section announced : manifest.sections()) {
            Messages.Section section = sections.get(announced.path());
            require(section != null, "it has no frame SECTION for " + announced.path()
                + ", which its manifest announces");
            require(section.isOf(announced), "the section " + announced.path()
                + " is of another type, state version or extensions than its manifest announces");
            unmatched.remove(announced.path());
            checkState(announced, section);
        }
        require(manifest.acceptLoss().isEmpty(), "its manifest accepts losses, which a file cannot");
        require(unmatched.isEmpty(),
            "its manifest does not announce the sections " + String.join(", ", new TreeSet<>(unmatched)));
    }

    /** The manifest of a file says of the states what holds for ever. */
    private void checkState(Manifest.Section announced, Messages.Section section) throws Failure {
        Map<Long, Object> state = section.state(file.name());
        try {
            StateShape.check(announced.schema().fields(), state, new TreeSet<>());
        } catch (StateException e) {
            throw file.contradiction("the section " + section.path() + " does not fit its schema: " + e.getMessage());
        }
        var notDefault = Fields.notDefault(announced.schema().fields(), state);
        for (var field : Fields.all(announced.schema().fields())) {
            boolean isDefault = !notDefault.contains(field.path());
            require(isDefault != announced.notDefault().contains(field.path()), "by its manifest " + section.path()
                + "." + field.name() + (isDefault ? " has not its default" : " has its default")
                + ", in the section it is otherwise");
        }
    }

    private void checkIndex() throws Failure {
        require(index.get("manifest").count() == manifestStart,
            "its index does not have the frame MANIFEST where it is, at byte "
            + manifestStart);
        require(index.get("finish").count() == finishStart,
            "its index does not have the frame FINISH where it is, at byte "
            + finishStart);
        var starts = new TreeMap<String, Long>();
        for (var entry : index.get("sections").entries(Limits.ITEMS).entrySet()) {
            starts.put(entry.getKey(), entry.getValue().count());
        }
        require(starts.keySet().equals(sectionStarts.keySet()), "its index is of the sections "
            + String.join(", ", starts.keySet()) + ", there are " + String.join(", ", sectionStarts.keySet()));
        for (var start : starts.entrySet()) {
            long real = sectionStarts.get(start.getKey());
            require(start.getValue() == real, "its index has the sections at other places than they are: "
                + start.getKey() + " at byte " + start.getValue() + ", not " + real);
        }
        Manifest.Region ram = manifest.regions().getFirst();
        int pages = (int) (ram.size() / ram.pageSize());
        runs = PageMap.runs(file.name(), index.get("pages").bytes(FrameType.INDEX.maxLength()), pages, ram.pageSize(),
            indexStart);
        checkPages(new IndexedPages(runs, pages, ram.pageSize()), pages);
    }

    private void checkPages(IndexedPages indexed, int pages) throws Failure {
        for (int frame = pagesFrames - 1; frame >= 0; frame--) {
            long offset = pagesStarts[frame];
            FrameHeader header = file.header(offset);
            long end = offset + Frame.HEADER + header.length();
            ranges(offset, header);
            for (int i = ranges.count() - 1; i >= 0; i--) {
                long data = ranges.zero(i) ? 0 : end - (long) ranges.pages(i) * GuestMemory.PAGE_SIZE;
                end = ranges.zero(i) ? end : data;
                String contradiction = ranges.first(i) + ranges.pages(i) > pages
                    ? "a frame PAGES has page " + (ranges.first(i) + ranges.pages(i) - 1) + " of " + pages
                    : indexed.take(new PageMap.Run((int) ranges.first(i), ranges.pages(i), data));
                if (!contradiction.isEmpty()) {
                    file.verify(offset, header);
                    throw file.contradiction(contradiction);
                }
            }
        }
        require(indexed.end().isEmpty(), indexed.end());
    }

    Manifest manifest() {
        return manifest;
    }

    Messages.Finish finish() {
        return finish;
    }

    SortedMap<String, Messages.Section> sections() {
        return sections;
    }

    /** Where the content of each page is, after {@link #check}. */
    List<PageMap.Run> runs() {
        return runs;
    }

    long dataPages() {
        return dataPages;
    }

    long zeroPages() {
        return zeroPages;
    }
}
