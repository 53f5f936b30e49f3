package org.sterna.migration.internal.engine;

import java.util.Map;
import org.sterna.machine.Part;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Limits;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.TextForm;

/** The sections of one machine on their way out. What no reader would take is refused here, while the guest can still go on. */
final class Sections {
    private final TextForm texts;
    private long bytes;

    /** The sections for a reader that knows texts of one form. */
    Sections(TextForm texts) {
        this.texts = texts;
    }

    /** The payload of a part's SECTION, with what is sent of its state. */
    byte[] encode(Part part, Map<Long, Object> sent) throws Failure {
        byte[] data = SectionCodec.encode(texts, sent);
        byte[] section = new Messages.Section(part.path(), part.type(), part.schema().version(), part.schema().extensions(), data)
            .encode();
        if (section.length > FrameType.SECTION.maxLength()) {
            throw Failure.here(part.path(), "its state of " + section.length + " bytes does not fit into a section", "");
        }
        bytes += data.length;
        if (bytes > Limits.SECTIONS) {
            throw Failure.here(part.path(), "with its state the machine's states have more than " + Limits.SECTIONS + " bytes", "");
        }
        return section;
    }
}
