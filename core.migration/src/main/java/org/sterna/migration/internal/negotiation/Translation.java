package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateSchema;
import org.sterna.machine.state.StateType;

/**
 * A translator in the direction that a reader needs. With it the reader understands one more format: what comes in that format
 * is translated before it is restored, and what the reader holds is translated back before it is compared.
 */
public final class Translation {
    private final InstalledTranslator<?, ?> translator;
    private final boolean toNewer;
    /** The reader's fields that the translator does not know; they have defaults. */
    private final SortedSet<FieldPath> beyond;

    private Translation(InstalledTranslator<?, ?> translator, boolean toNewer, SortedSet<FieldPath> beyond) {
        this.translator = translator;
        this.toNewer = toNewer;
        this.beyond = beyond;
    }

    /** The translations whose outcome a reader takes whole. */
    static List<Translation> towards(StateSchema reader, List<InstalledTranslator<?, ?>> translators) {
        var found = new ArrayList<Translation>();
        for (InstalledTranslator<?, ?> translator : translators) {
            for (boolean toNewer : new boolean[] {true, false}) {
                var made = toNewer ? translator.newer().schema() : translator.older().schema();
                var differences = Differences.between(made.fields(), reader.fields());
                if (differences.writerOnly().isEmpty() && differences.unbridged(new TreeSet<>()).isEmpty()) {
                    found.add(new Translation(translator, toNewer, differences.readerOnlyPaths()));
                }
            }
        }
        return found;
    }

    /** The format that it reads. */
    public StateSchema schema() {
        return format().schema();
    }

    private StateType<?> format() {
        return toNewer ? translator.older() : translator.newer();
    }

    /** The bundle that it comes from, with its version. */
    public String name() {
        return translator.name();
    }

    /**
     * What the reader restores.
     *
     * @param crossed what has come, in the format that it reads
     * @throws StateException if a value cannot be expressed, or the translator does not do what it should
     */
    SortedMap<Long, Object> translated(Map<Long, Object> crossed) throws StateException {
        var translated = toNewer ? translator.toNewer(crossed) : translator.toOlder(crossed);
        var hints = Fields.hints(schema().fields());
        var given = Fields.without(complete(format(), crossed), hints);
        var back = Fields.without(original(translated), hints);
        for (FieldSchema field : schema().fields()) {
            if (!equal(given.get((long) field.id()), back.get((long) field.id()))) {
                throw new StateException(field.name(), "the translator " + name() + " does not give back what it was given");
            }
        }
        return translated;
    }

    /**
     * What a reader's state is in the format that it reads.
     *
     * @throws StateException if a value cannot be expressed, or the translator has failed
     */
    SortedMap<Long, Object> original(Map<Long, Object> held) throws StateException {
        var known = Fields.without(held, beyond);
        return toNewer ? translator.toOlder(known) : translator.toNewer(known);
    }

    /** With the defaults of fields that have not come. */
    private static <S extends Record> SortedMap<Long, Object> complete(StateType<S> format, Map<Long, Object> state)
            throws StateException {
        return format.toTree(format.fromTree(state));
    }

    /** Null is a hint, which is left out on both sides. */
    private static boolean equal(Object a, Object b) {
        return a == null || Arrays.equals(Cbor.encode(a), Cbor.encode(b));
    }
}
