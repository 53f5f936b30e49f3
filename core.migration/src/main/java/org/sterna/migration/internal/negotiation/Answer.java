package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.Reason;
import org.sterna.machine.state.StateException;
import org.sterna.migration.Verdict;

/**
 * The answer to a manifest: the verdict for people, and what each side has to do for it.
 *
 * @param verdict the verdict
 * @param plans   for each section what is left out and what is filled in, by path
 */
public record Answer(Verdict verdict, SortedMap<String, Plan> plans) {
    /** Copies the plans. */
    public Answer {
        plans = Collections.unmodifiableSortedMap(new TreeMap<>(plans));
    }

    /** The same answer with more remarks. */
    public Answer with(List<Reason> more) {
        var remarks = new ArrayList<>(verdict.remarks());
        remarks.addAll(more);
        return new Answer(new Verdict(verdict.outcome(), verdict.sections(), verdict.reasons(), verdict.conditions(),
            verdict.provisions(), verdict.losses(), remarks), plans);
    }

    /**
     * How one section crosses.
     *
     * @param dropped     the writer's fields that are not sent
     * @param defaulted   the fields that the reader, or its translator, fills with its own defaults
     * @param translation how the reader comes to understand it, if it does not by itself; the writer never knows
     */
    public record Plan(SortedSet<FieldPath> dropped, SortedSet<FieldPath> defaulted, Optional<Translation> translation) {
        /** That a state could not be restored, for {@link #refusal}. */
        public static final String NOT_RESTORED = "cannot be restored: ";
        /** That it could be, but cannot be compared, for {@link #refusal}. */
        public static final String NOT_BACK = "what was restored cannot be translated back: ";

        /** Copies the sets. */
        public Plan {
            dropped = Collections.unmodifiableSortedSet(new TreeSet<>(dropped));
            defaulted = Collections.unmodifiableSortedSet(new TreeSet<>(defaulted));
        }

        /** What the writer sends of a state. */
        public SortedMap<Long, Object> sent(Map<Long, Object> state) {
            return Fields.without(state, dropped);
        }

        /**
         * What the reader restores of what was sent.
         *
         * @throws StateException if it cannot be translated
         */
        public SortedMap<Long, Object> restored(SortedMap<Long, Object> sent) throws StateException {
            return translation.isPresent() ? translation.get().translated(sent) : sent;
        }

        /**
         * What of a reader's state came from the writer.
         *
         * @throws StateException if it cannot be translated back
         */
        public SortedMap<Long, Object> received(SortedMap<Long, Object> state) throws StateException {
            return Fields.without(translation.isPresent() ? translation.get().original(state) : state, defaulted);
        }

        /** The reason that a reader gives; it names the translator if there is one. */
        public Reason refusal(String path, String what, StateException refused) {
            return new Reason(path, refused.field(), what + refused.getMessage(), translation
                .map(used -> "it was translated by " + used.name() + "; install another version of that, or remove it").orElse(""));
        }
    }
}
