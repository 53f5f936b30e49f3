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
 */
public record Verdict(Outcome outcome, List<Section> sections, List<Reason> reasons, List<Condition> conditions,
        List<Provision> provisions) {
    /** Copies the lists. */
    public Verdict {
        sections = List.copyOf(sections);
        reasons = List.copyOf(reasons);
        conditions = List.copyOf(conditions);
        provisions = List.copyOf(provisions);
    }

    /** The verdict of a reader that installs nothing. */
    public Verdict(Outcome outcome, List<Section> sections, List<Reason> reasons, List<Condition> conditions) {
        this(outcome, sections, reasons, conditions, List.of());
    }

    /** Whether a migration may start. */
    public boolean allowed() {
        return outcome == Outcome.OK || outcome == Outcome.OK_IF;
    }

    /** The answers, best first. */
    public enum Outcome {
        /** Nothing is lost. */
        OK("OK"),
        /** Nothing is lost as long as the named fields keep their defaults. */
        OK_IF("OK-IF"),
        /** Something would be lost that the operator has not accepted, but may. */
        LOSSY("LOSSY"),
        /** Not possible. */
        BLOCKED("BLOCKED");

        private final String word;

        Outcome(String word) {
            this.word = word;
        }

        /** The word on the wire and in messages. */
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
