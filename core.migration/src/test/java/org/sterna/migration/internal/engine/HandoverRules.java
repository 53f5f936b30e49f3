package org.sterna.migration.internal.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The state machines of both ends in the hand-over, read from the tables of the specification, section 7.5.
 *
 * @param source      the rows of the source
 * @param destination the rows of the destination
 */
record HandoverRules(List<Row> source, List<Row> destination) {
    static final Path FOLDER = Path.of("..", "docs", "spec");

    /** What happens in a state at an event. */
    record Row(String state, String event, List<String> does, String then) {
        boolean does(String action) {
            return does.contains(action);
        }

        /** The frames that it sends, in their order. */
        List<String> sends() {
            return does.stream().filter(action -> action.startsWith("sends ")).map(action -> action.substring(6)).toList();
        }

        Row without(String action) {
            return new Row(state, event, does.stream().filter(other -> !other.equals(action)).toList(), then);
        }

        Row then(String next) {
            return new Row(state, event, does, next);
        }

        @Override
        public String toString() {
            return state + ", " + event + ": " + then;
        }
    }

    static HandoverRules ofTheSpecification() throws IOException {
        List<String> lines = Files.readAllLines(FOLDER.resolve("migration-protocol.md"));
        return new HandoverRules(table(lines, "source"), table(lines, "destination"));
    }

    private static List<Row> table(List<String> lines, String end) {
        int head = lines.indexOf("| " + end + " | event | does | then |");
        var rows = new ArrayList<Row>();
        for (int line = head + 2; lines.get(line).startsWith("|"); line++) {
            String[] cells = Arrays.stream(lines.get(line).split("\\|", -1)).map(String::strip).toArray(String[]::new);
            rows.add(new Row(cells[1], cells[2], List.of(cells[3].split(", ")), cells[4]));
        }
        return rows;
    }

    static Optional<Row> row(List<Row> rows, String state, String event) {
        return rows.stream().filter(row -> row.state.equals(state) && row.event.equals(event)).findFirst();
    }

    /** The same but for one row of one end. */
    HandoverRules changed(boolean ofSource, String state, String event, UnaryOperator<Row> change) {
        List<Row> rows = ofSource ? source : destination;
        Row old = row(rows, state, event).orElseThrow();
        List<Row> changed = rows.stream().map(row -> row == old ? change.apply(row) : row).toList();
        return ofSource ? new HandoverRules(changed, destination) : new HandoverRules(source, changed);
    }
}
