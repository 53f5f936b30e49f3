package org.sterna.gogo.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows of text whose columns are as wide as they need to be. */
final class Columns {
    private final List<List<String>> rows = new ArrayList<>();

    Columns(String... headings) {
        rows.add(List.of(headings));
    }

    void row(Object... cells) {
        rows.add(List.of(cells).stream().map(Object::toString).toList());
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().size();
        var text = new StringBuilder();
        for (List<String> row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                int column = i;
                int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
                line.append(row.get(i)).repeat(' ', width - row.get(i).length() + 2);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString().stripTrailing();
    }

    /** Lines below each other. */
    static String lines(List<?> lines) {
        return lines.stream().map(Object::toString).collect(Collectors.joining("\n"));
    }
}
