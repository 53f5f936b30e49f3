package org.sterna.machine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A device as a user asks for it.
 *
 * @param type       the device type
 * @param properties the text of each property that was given
 */
public record DeviceDefinition(String type, Map<String, String> properties) {
    /** Copies the properties. */
    public DeviceDefinition {
        properties = Map.copyOf(properties);
    }

    /** The text that {@link #parse} reads. */
    @Override
    public String toString() {
        var text = new StringBuilder(type);
        new TreeMap<>(properties).forEach((name, value) ->
            text.append(',').append(name).append('=').append(value.replace(",", ",,")));
        return text.toString();
    }

    /**
     * Reads {@code TYPE[,property=value …]}; a comma in a value is written twice.
     *
     * @throws MachineException (usage) if the text is anything else
     */
    public static DeviceDefinition parse(String text) {
        int comma = text.indexOf(',');
        return comma < 0 ? new DeviceDefinition(text, Map.of())
            : new DeviceDefinition(text.substring(0, comma), properties("--device", text, text.substring(comma + 1)));
    }

    /**
     * Reads {@code property=value,…}; a comma in a value is written twice.
     *
     * @param option the option that the text was given with, for messages
     * @param whole  all that was given with it
     * @throws MachineException (usage) if the text is anything else, or names a property twice
     */
    public static Map<String, String> properties(String option, String whole, String text) {
        var properties = new LinkedHashMap<String, String>();
        for (String part : text.replace(",,", "\0").split(",")) {
            String word = part.replace('\0', ',');
            int equals = word.indexOf('=');
            if (equals < 1 || properties.put(word.substring(0, equals), word.substring(equals + 1)) != null) {
                throw MachineException.usage(option, whole, "'" + word + "' is not property=value, each once",
                    "write " + option + (option.equals("--device") ? " TYPE,property=value,…" : " property=value,…"));
            }
        }
        return properties;
    }
}
