package org.sterna.gogo.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.felix.service.command.Parameter;

/**
 * A command as far as it has been typed.
 *
 * @param command its name, without the scope
 * @param options the names of the options that have been given
 * @param valueOf the name of the option whose value comes next; empty if none does
 * @param words   all others
 */
record Line(String command, List<String> options, String valueOf, List<String> words) {
    /**
     * Reads a line.
     *
     * @param parameters the options that the command has
     */
    static Line of(String command, List<Parameter> parameters, List<String> typed) {
        var options = new ArrayList<String>();
        var words = new ArrayList<String>();
        String valueOf = "";
        for (String word : typed) {
            if (!valueOf.isEmpty()) {
                valueOf = "";
            } else if (word.startsWith("-")) {
                options.add(word);
                boolean takesValue = parameters.stream().anyMatch(parameter -> Arrays.asList(parameter.names()).contains(word)
                    && parameter.presentValue().equals(Parameter.UNSPECIFIED));
                valueOf = takesValue ? word : "";
            } else {
                words.add(word);
            }
        }
        return new Line(command, options, valueOf, words);
    }

    /** How many words have been typed. */
    int count() {
        return words.size();
    }

    boolean has(String... names) {
        return Arrays.stream(names).anyMatch(options::contains);
    }
}
