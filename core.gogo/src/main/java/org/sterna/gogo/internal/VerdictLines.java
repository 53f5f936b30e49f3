package org.sterna.gogo.internal;

import java.util.ArrayList;
import java.util.stream.Collectors;
import org.sterna.migration.Verdict;

/** A verdict for people. */
final class VerdictLines {
    private VerdictLines() {
    }

    static String of(Verdict verdict) {
        var columns = new Columns("PART", "TYPE", "BUNDLE", "STATE", "VERDICT");
        for (Verdict.Section section : verdict.sections()) {
            columns.row(section.path(), section.type(),
                section.writerBundle() + " -> " + orNone(section.readerBundle()),
                section.writerVersion() + " -> " + (section.readerVersion() == 0 ? "none" : section.readerVersion()),
                section.outcome().word());
        }
        var lines = new ArrayList<String>();
        lines.add(columns.toString());
        lines.add(verdict.outcome().word());
        verdict.losses().forEach(loss -> lines.add("  lost, as accepted: " + loss.path() + "." + loss.field()));
        verdict.conditions().forEach(condition ->
            lines.add("  as long as " + condition.path() + "." + condition.field() + " has its default"));
        verdict.reasons().forEach(reason -> lines.add("  " + reason));
        verdict.remarks().forEach(remark -> lines.add("  " + remark));
        return Columns.lines(lines);
    }

    private static String orNone(String bundle) {
        return bundle.isEmpty() ? "none" : bundle;
    }

    /** What is lost by the operator's word, behind what has been done; nothing if nothing is. */
    static String losses(Verdict verdict) {
        return verdict.losses().isEmpty() ? "" : "; lost, as accepted: " + verdict.losses().stream()
            .map(loss -> loss.path() + "." + loss.field()).collect(Collectors.joining(", "));
    }
}
