package org.sterna.launcher.internal.terminal;

import java.util.List;
import java.util.stream.Collectors;
import org.sterna.machine.Reason;
import org.sterna.migration.Verdict;

/** A verdict for people: section by section, then everything that stands in the way, with what to do about it. */
public final class VerdictText {
    private VerdictText() {
    }

    /** The lines, each with its line end. */
    public static String of(Verdict verdict) {
        var table = new Table("PART", "TYPE", "BUNDLE", "STATE", "VERDICT");
        for (Verdict.Section section : verdict.sections()) {
            boolean known = section.readerVersion() != 0;
            table.row(section.path(), section.type(),
                section.writerBundle() + " -> " + (section.readerBundle().isEmpty() ? "none" : section.readerBundle()),
                section.writerVersion() + " -> " + (known ? section.readerVersion() : "none"), section.outcome().word());
            if (!section.translator().isEmpty()) {
                table.note("translated there by " + section.translator());
            }
            section.dropped().forEach(dropped -> table.note("drops " + dropped.field() + ": " + dropped.why()));
            if (!section.defaulted().isEmpty()) {
                table.note("takes the reader's default for " + String.join(", ", section.defaulted()));
            }
        }
        return table + "\n" + summary(verdict) + "\n" + reasons(verdict.reasons()) + reasons(verdict.remarks())
            + provisions(verdict.provisions());
    }

    /** What has been installed, or would be if this were no question but a migration. */
    private static String provisions(List<Verdict.Provision> provisions) {
        return reasons(provisions.stream().map(provision -> Reason.of(provision.path(),
            (provision.installed() ? "installed there: " : "would install there: ") + provision.bundle() + " "
                + provision.version(), "")).toList());
    }

    /** One line. */
    private static String summary(Verdict verdict) {
        String named = verdict.conditions().stream().map(condition -> condition.path() + "." + condition.field())
            .collect(Collectors.joining(", "));
        return verdict.outcome().word() + switch (verdict.outcome()) {
            case OK -> ": nothing is lost";
            case OK_IF -> ": nothing is lost as long as these keep their defaults: " + named;
            case LOSSY_ACCEPTED -> ": " + losses(verdict)
                + (named.isEmpty() ? "; nothing else" : "; nothing else as long as these keep their defaults: " + named);
            case LOSSY -> ": something would be lost; name it with --accept-loss to go on all the same";
            case BLOCKED -> ": not possible";
        };
    }

    /** What is lost by the operator's word. */
    static String losses(Verdict verdict) {
        return "lost, as accepted: " + verdict.losses().stream().map(loss -> loss.path() + "." + loss.field())
            .collect(Collectors.joining(", "));
    }

    /** How long a guest stood still, behind how long all took; empty if it did not run before or does not now. */
    public static String downtime(long millis) {
        return millis == 0 ? "" : ", of which the guest stood still for " + millis + " ms";
    }

    /** Reasons with their remedies. */
    public static String reasons(List<Reason> reasons) {
        var text = new StringBuilder();
        for (Reason reason : reasons) {
            text.append("  ").append(new Reason(reason.subject(), reason.item(), reason.cause(), "")).append('\n');
            if (!reason.remedy().isEmpty()) {
                text.append("      remedy: ").append(reason.remedy()).append('\n');
            }
        }
        return text.toString();
    }
}
