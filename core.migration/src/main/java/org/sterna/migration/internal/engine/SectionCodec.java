package org.sterna.migration.internal.engine;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.machine.state.StateSchema;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.TextForm;

/** The bytes and the digest of what crosses of a state. */
final class SectionCodec {
    private SectionCodec() {
    }

    static byte[] encode(TextForm texts, Map<Long, Object> sent) {
        return texts.encode(sent);
    }

    /** What a reader gets that shares nothing with the writer. */
    static SortedMap<Long, Object> copy(Map<Long, Object> sent) {
        try {
            var copy = new TreeMap<Long, Object>();
            ((Map<?, ?>) Cbor.decode(Cbor.encode(sent))).forEach((id, value) -> copy.put((Long) id, value));
            return copy;
        } catch (CborException e) {
            throw new IllegalArgumentException("its state cannot be written: " + e.getMessage(), e);
        }
    }

    /** What both sides must come to for the fields that crossed; hints may differ. */
    static byte[] digest(TextForm texts, StateSchema writer, Map<Long, Object> crossed) {
        return Messages.digest(texts.encode(Fields.without(crossed, Fields.hints(writer.fields()))));
    }
}
