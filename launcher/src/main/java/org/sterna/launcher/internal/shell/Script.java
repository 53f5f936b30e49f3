package org.sterna.launcher.internal.shell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.gogo.runtime.EOFError;
import org.apache.felix.gogo.runtime.Parser;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * Commands that nobody types: each is done as soon as it has been read to its end, and the first that fails is the last.
 *
 * @param name   what has more than the command that failed, for the message; may be empty
 * @param reader where they are read
 */
public record Script(String name, BufferedReader reader) {
    /** Does all commands, until one has asked for the end. */
    void run(CommandSession session, Exit exit, PrintStream out) throws IOException {
        int number = 0;
        var command = new StringBuilder();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            number++;
            command.append(line).append('\n');
            if (isWhole(command)) {
                execute(session, command.toString().strip(), number, out);
                command.setLength(0);
                if (exit.asked()) {
                    return;
                }
            }
        }
        if (!command.isEmpty()) {
            execute(session, command.toString().strip(), number, out);
        }
    }

    /** Whether no further line belongs to a command. */
    private static boolean isWhole(CharSequence command) {
        try {
            new Parser(command).program();
            return true;
        } catch (EOFError e) {
            return false;
        } catch (RuntimeException e) {
            // Whatever is wrong with it will be said when it is done.
            return true;
        }
    }

    private void execute(CommandSession session, String command, int number, PrintStream out) {
        try {
            Object result = session.execute(command);
            if (result != null) {
                out.println(session.format(result, Converter.INSPECT));
            }
            out.flush();
        } catch (Exception e) {
            List<Reason> reasons = new ArrayList<>(e instanceof MachineException refusal ? refusal.reasons()
                : List.of(Reason.of(command, Reason.causeOf(e), "")));
            if (!name.isEmpty()) {
                reasons.add(Reason.of(name, "line " + number + " was the last: " + command, ""));
            }
            throw new MachineException(MachineException.Kind.FAILED, reasons, e);
        }
    }
}
