package org.sterna.gogo.internal;

import java.util.ArrayList;
import org.sterna.migration.Verdict;

/** A verdict for people. */
final class VerdictLines {
    private VerdictLines() {
    }

    static String of(Verdict verdict) {
        var columns = new Columns("PART", "TYPE", "BUNDLE", "STATE", "VERDICT");
        for (Verdict.Section section : verdict.sections()) {
            columns.row(section.path(), section.type(), section.writerBundle() + " -> " + section.readerBundle(),
                section.writerVersion() + " -> " + section.readerVersion(), section.outcome().word());
        }
        var lines = new ArrayList<String>();
        lines.add(columns.toString());
        lines.add(verdict.outcome().word());
        verdict.conditions().forEach(condition ->
            lines.add("  as long as " + condition.path() + "." + condition.field() + " has its default"));
        verdict.reasons().forEach(reason -> lines.add("  " + reason));
        return Columns.lines(lines);
    }
}
