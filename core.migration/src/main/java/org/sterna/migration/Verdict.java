package org.sterna.migration;

import java.util.List;
import org.sterna.machine.Reason;

/**
 * The answer to a manifest: whether a reader can take a machine over, section by section, with every reason at once.
 *
 * @param outcome    the answer as a whole: the worst that any section or reason calls for
 * @param sections   what happens to each section
 * @param reasons    everything that blocks, each with a remedy; empty unless {@link Outcome#BLOCKED} or {@link Outcome#LOSSY}
 * @param conditions what must still hold when the guest has been stopped; empty unless the outcome is at least
 *                   {@link Outcome#OK_IF}
 * @param provisions the bundles that the reader has installed for it, or would install and then answer again
 * @param losses     the fields that are not sent although they may hold something, since the operator accepts their loss; if there
 *                   are any, the outcome is at least {@link Outcome#LOSSY_ACCEPTED}
 * @param remarks    what does not stand in the way but should be known, such as a clock that differs
 */
public record Verdict(Outcome outcome, List<Section> sections, List<Reason> reasons, List<Condition> conditions,
        List<Provision> provisions, List<Loss> losses, List<Reason> remarks) {
    /** Copies the lists. */
    public Verdict {
        sections = List.copyOf(sections);
        reasons = List.copyOf(reasons);
        conditions = List.copyOf(conditions);
        provisions = List.copyOf(provisions);
        losses = List.copyOf(losses);
        remarks = List.copyOf(remarks);
    }

    /** The verdict of a reader that gives up nothing that the operator had to accept, and has nothing to remark. */
    public Verdict(Outcome outcome, List<Section> sections, List<Reason> reasons, List<Condition> conditions,
            List<Provision> provisions) {
        this(outcome, sections, reasons, conditions, provisions, List.of(), List.of());
    }

    /** The verdict of a reader that installs nothing. */
    public Verdict(Outcome outcome, List<Section> sections, List<Reason> reasons, List<Condition> conditions) {
        this(outcome, sections, reasons, conditions, List.of());
    }

    /** Whether a migration may start. */
    public boolean allowed() {
        return outcome.compareTo(Outcome.LOSSY_ACCEPTED) <= 0;
    }

    /** The answers, best first. */
    public enum Outcome {
        /** Nothing is lost. */
        OK("OK"),
        /** Nothing is lost as long as the named fields keep their defaults. */
        OK_IF("OK-IF"),
        /**
         * Something is lost, and the operator has accepted that, field by field. On the wire, which has no word for it, it is OK or
         * OK-IF with the fields.
         *
         * @since 1.5
         */
        LOSSY_ACCEPTED("LOSSY-ACCEPTED"),
        /** Something would be lost that the operator has not accepted, but may. */
        LOSSY("LOSSY"),
        /** Not possible. */
        BLOCKED("BLOCKED");

        private final String word;

        Outcome(String word) {
            this.word = word;
        }

        /** The word in messages, in JSON and, but for {@link #LOSSY_ACCEPTED}, on the wire. */
        public String word() {
            return word;
        }
    }

    /**
     * What happens to one section.
     *
     * @param path          the part
     * @param type          its type
     * @param writerVersion the state version of the writer
     * @param readerVersion the state version of the reader, or 0 if it has no such type
     * @param writerBundle  the version of the writer's bundle
     * @param readerBundle  the version of the reader's bundle, or the empty string
     * @param outcome       the answer for this section
     * @param dropped       the fields that are not sent
     * @param defaulted     the names of the fields that the reader fills with its own defaults
     * @param translator    the bundle and version of the reader's translator that bridges the two, or the empty string
     */
    public record Section(String path, String type, int writerVersion, int readerVersion, String writerBundle,
            String readerBundle, Outcome outcome, List<Dropped> dropped, List<String> defaulted, String translator) {
        /** Copies the lists. */
        public Section {
            dropped = List.copyOf(dropped);
            defaulted = List.copyOf(defaulted);
        }

        /**
         * The same with another answer.
         *
         * @since 1.5
         */
        public Section with(Outcome answer) {
            return new Section(path, type, writerVersion, readerVersion, writerBundle, readerBundle, answer, dropped, defaulted,
                translator);
        }
    }

    /**
     * A field that is not sent.
     *
     * @param field its name, from the outermost record on
     * @param why   why that is lossless, or that the operator accepts the loss
     */
    public record Dropped(String field, String why) {
    }

    /**
     * A field that must have its default when the guest has been stopped.
     *
     * @param path  the part
     * @param field the field's name, from the outermost record on
     */
    public record Condition(String path, String field) {
    }

    /**
     * A field that is given up by the operator's word.
     *
     * @param path  the part
     * @param field the field's name, from the outermost record on
     * @since 1.5
     */
    public record Loss(String path, String field) {
    }

    /**
     * A bundle from a repository of the reader.
     *
     * @param path      the part that needs it, or the empty string if another of these bundles does
     * @param bundle    its symbolic name
     * @param version   its version
     * @param installed whether the reader has installed it; if not, it would
     */
    public record Provision(String path, String bundle, String version, boolean installed) {
    }
}
