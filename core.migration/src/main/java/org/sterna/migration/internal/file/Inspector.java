package org.sterna.migration.internal.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.FieldType;
import org.sterna.migration.Inspection;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.negotiation.AcceptedLosses;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.wire.Answers;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.PageRanges;
import org.sterna.migration.internal.wire.Preamble;

/**
 * Decodes a file of frames from the first to the last, a snapshot or what one side has sent over a line, with nothing but
 * the schemas in it. A snapshot that is cut is refused; a line may have been recorded to any byte.
 */
public final class Inspector {
    /** Behind these nothing follows; a destination that was only asked has nothing to say after its verdict either. */
    private static final Set<FrameType> ENDS = EnumSet.of(FrameType.END, FrameType.COMMIT, FrameType.BYE, FrameType.CANCEL,
        FrameType.ERROR, FrameType.VERDICT, FrameType.RUNNING);

    private final FrameFile file;
    /** Of a snapshot; null for a line. */
    private final MachineFileScan scan;
    private final SortedMap<String, Inspection.Frames> frames = new TreeMap<>();
    private final SortedMap<String, Messages.Section> sections = new TreeMap<>();
    private final PageRanges ranges = new PageRanges();
    private Manifest manifest;
    private Messages.Finish finish;
    private long dataPages;
    private long zeroPages;
    private Verdict verdict;
    private List<Reason> reasons = List.of();
    private List<Reason> contradictions = List.of();
    private FrameType last;
    private String lastName = "none";

    private Inspector(FrameFile file) {
        this.file = file;
        this.scan = isLine(file) ? null : new MachineFileScan(file);
    }

    private static boolean isLine(FrameFile file) {
        return file.preamble().medium() == Preamble.Medium.SOCKET;
    }

    /**
     * What is in a file.
     *
     * @throws Failure if it is no file of frames, or damaged; the reason says where
     */
    public static Inspection inspect(Path path) throws Failure {
        try (var file = new FrameFile(path)) {
            return new Inspector(file).inspect();
        }
    }

    private Inspection inspect() throws Failure {
        Preamble preamble = file.preamble();
        preamble.checkReadable(file.name());
        boolean line = isLine(file);
        String cut = "";
        for (long offset = Preamble.SIZE; offset < file.size(); ) {
            long at = offset;
            cut = line ? file.end(offset) : "";
            if (!cut.isEmpty()) {
                break;
            }
            FrameHeader header = file.header(offset);
            take(offset, header);
            compare(() -> scan.take(at, header));
            frames.merge(file.name(offset, header), new Inspection.Frames(1, header.length()),
                (all, one) -> new Inspection.Frames(all.number() + 1, all.bytes() + header.length()));
            offset += Frame.HEADER + header.length();
        }
        if (!line && last != FrameType.END) {
            throw file.cutBehind(lastName);
        }
        compare(() -> scan.check());
        return new Inspection(preamble.producer(), preamble.highest().toString(), line ? "socket" : "file",
            preamble.role().name().toLowerCase(Locale.ROOT), cut.isEmpty() && last != null && ENDS.contains(last), cut,
            manifest == null ? "" : manifest.name(), manifest == null ? null : manifest.abi(), finish != null && finish.running(),
            dataPages, zeroPages, frames, states(), verdict, reasons, contradictions);
    }

    /** Part of a scan. */
    private interface Comparison {
        void make() throws Failure;
    }

    /**
     * Compares what a snapshot says; it is shown all the same, but what comes after a contradiction is not compared
     * any more.
     */
    private void compare(Comparison comparison) {
        if (scan != null && contradictions.isEmpty()) {
            try {
                comparison.make();
            } catch (Failure contradiction) {
                contradictions = contradiction.reasons();
            }
        }
    }

    private List<Inspection.Section> states() throws Failure {
        var states = new ArrayList<Inspection.Section>();
        for (Manifest.Section announced : manifest == null ? List.<Manifest.Section>of() : manifest.sections()) {
            Messages.Section section = sections.get(announced.path());
            states.add(new Inspection.Section(announced.path(), announced.type(), announced.version(),
                announced.schema().version(), section == null ? null : decode(announced, section)));
        }
        return states;
    }

    private void take(long offset, FrameHeader header) throws Failure {
        FrameType type = FrameType.of(header.code());
        last = type == FrameType.KEEPALIVE ? last : type;
        lastName = header.name();
        switch (type) {
            case MANIFEST -> manifest = Manifests.decode(file.frame(offset).tree(file.name()));
            case SECTION -> {
                var section = Messages.Section.decode(file.frame(offset).tree(file.name()));
                sections.put(section.path(), section);
            }
            case FINISH -> finish = Messages.Finish.decode(file.frame(offset).tree(file.name()));
            case VERDICT -> {
                Verdict said = Answers.decode(file.frame(offset).tree(file.name())).verdict();
                verdict = AcceptedLosses.named(said, said.losses());
            }
            case ERROR -> reasons = Messages.decodeError(file.frame(offset).tree(file.name()));
            case PAGES -> {
                file.verify(offset, header);
                countPages(offset, header);
            }
            case null, default -> file.verify(offset, header);
        }
    }

    private void countPages(long offset, FrameHeader header) throws Failure {
        var head = file.read(offset + Frame.HEADER, (int) Math.min(header.length(), PageRanges.MAX_ENCODED));
        int size = PageRanges.encodedSize(head);
        ranges.decode(file.name(), head.slice(0, (int) Math.min(size, header.length())), header.length() - size, Integer.MAX_VALUE, 4096);
        dataPages += ranges.dataPages();
        zeroPages += ranges.zeroPages();
    }

    private Map<String, Object> decode(Manifest.Section announced, Messages.Section section) throws Failure {
        try {
            if (Cbor.decode(section.data()) instanceof Map<?, ?> tree) {
                return named(announced.schema().fields(), tree);
            }
        } catch (CborException e) {
            throw Failure.here(file.name(), "the section " + section.path() + " is malformed: " + e.getMessage(), "");
        }
        throw Failure.here(file.name(), "the section " + section.path() + " is not a map", "");
    }

    private static Map<String, Object> named(List<FieldSchema> fields, Map<?, ?> tree) {
        var named = new LinkedHashMap<String, Object>();
        var unknown = new LinkedHashMap<Object, Object>(tree);
        for (FieldSchema field : fields) {
            Object value = unknown.remove((long) field.id());
            if (value != null) {
                named.put(field.name(), named(field.type(), value));
            }
        }
        unknown.forEach((id, value) -> named.put("field " + id + ", which the schema does not have", value));
        return named;
    }

    private static Object named(FieldType type, Object value) {
        return switch (type) {
            case FieldType.Structure structure when value instanceof Map<?, ?> map -> named(structure.fields(), map);
            case FieldType.Sequence sequence when value instanceof List<?> list ->
                list.stream().map(item -> named(sequence.element(), item)).toList();
            default -> value;
        };
    }
}
