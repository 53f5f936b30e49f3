package org.sterna.launcher.internal.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Columns of text, as wide as they need to be; notes may stand below a row. */
public final class Table {
    private sealed interface Line {
    }

    private record Row(List<String> cells) implements Line {
    }

    private record Note(String text) implements Line {
    }

    private final List<Line> lines = new ArrayList<>();

    /** A table with a heading for each column. */
    public Table(String... headings) {
        row(headings);
    }

    /** Adds a row. */
    public Table row(String... cells) {
        lines.add(new Row(Stream.of(cells).map(Table::visible).toList()));
        return this;
    }

    /** What came from elsewhere must not command the terminal. */
    private static String visible(String cell) {
        return cell.codePoints().mapToObj(c -> Character.isISOControl(c) ? String.format("\\u%04x", c) : Character.toString(c))
            .collect(Collectors.joining());
    }

    /** Adds a note to the row before. */
    public Table note(String text) {
        lines.add(new Note(text));
        return this;
    }

    /** The lines, each with its line end. */
    @Override
    public String toString() {
        var widths = new ArrayList<Integer>();
        for (Line line : lines) {
            if (line instanceof Row(List<String> cells)) {
                for (int i = 0; i < cells.size(); i++) {
                    if (i == widths.size()) {
                        widths.add(0);
                    }
                    widths.set(i, Math.max(widths.get(i), cells.get(i).length()));
                }
            }
        }
        var text = new StringBuilder();
        for (Line line : lines) {
            switch (line) {
                case Row(List<String> cells) -> {
                    var padded = new StringBuilder();
                    for (int i = 0; i < cells.size(); i++) {
                        padded.append(cells.get(i)).repeat(' ', widths.get(i) - cells.get(i).length() + 2);
                    }
                    text.append(padded.toString().stripTrailing()).append('\n');
                }
                case Note(String note) -> text.append("    ").append(note).append('\n');
            }
        }
        return text.toString();
    }
}
