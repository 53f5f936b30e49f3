package org.sterna.launcher.internal;

import java.util.List;
import org.sterna.machine.Reason;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Condition;
import org.sterna.migration.Verdict.Dropped;
import org.sterna.migration.Verdict.Loss;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.Verdict.Provision;
import org.sterna.migration.Verdict.Section;

/** Verdicts for tests. */
public final class Verdicts {
    private Verdicts() {
    }

    /** A field is dropped that still has its default. */
    public static Verdict okIf() {
        return new Verdict(Outcome.OK_IF, List.of(
            new Section("/pvclock@0", "pvclock", 2, 1, "1.1.0", "1.0.0", Outcome.OK_IF,
                List.of(new Dropped("systemTime", "it has its default, 0")), List.of(), ""),
            new Section("/serial@0", "serial", 1, 1, "1.1.0", "1.0.0", Outcome.OK, List.of(), List.of("scratch"), "")),
            List.of(), List.of(new Condition("/pvclock@0", "systemTime")));
    }

    /** A field is lost, as the operator accepts. */
    public static Verdict accepted() {
        return new Verdict(Outcome.LOSSY_ACCEPTED, List.of(
            new Section("/pvclock@0", "pvclock", 2, 1, "1.1.0", "1.0.0", Outcome.LOSSY_ACCEPTED,
                List.of(new Dropped("systemTime", "it is lost, which the operator accepts"),
                    new Dropped("wallClock", "it has its default, 0")), List.of(), "")),
            List.of(), List.of(new Condition("/pvclock@0", "wallClock")), List.of(),
            List.of(new Loss("/pvclock@0", "systemTime")), List.of(Reason.of("sterna", "its clock is 3 s ahead", "")));
    }

    /** A section that a translator bridges. */
    public static Verdict translated() {
        return new Verdict(Outcome.OK, List.of(new Section("/pvclock@0", "pvclock", 3, 2, "2.0.0", "1.2.0", Outcome.OK,
            List.of(), List.of(), "com.example.translator 1.0.0")), List.of(), List.of());
    }

    /** A refusal that a bundle would cure. */
    public static Verdict provisioning(boolean installed) {
        Verdict refusal = refusing(Outcome.BLOCKED);
        return new Verdict(refusal.outcome(), refusal.sections(), refusal.reasons(), List.of(), List.of(
            new Provision("/pvclock@0", "org.sterna.device.pvclock", "1.1.0", installed),
            new Provision("", "library", "1.0.0", installed)));
    }

    /** Nothing but a reason. */
    public static Verdict refusing(Outcome outcome) {
        return new Verdict(outcome, List.of(
            new Section("/pvclock@0", "pvclock", 2, 0, "1.1.0", "", outcome, List.of(), List.of(), "")),
            List.of(new Reason("/pvclock@0", "systemTime", "the reader has no place for it", "update the reader")),
            List.of());
    }
}
