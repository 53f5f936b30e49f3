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
        String[] words = text.replace(",,", "\0").split(",");
        var properties = new LinkedHashMap<String, String>();
        for (int i = 1; i < words.length; i++) {
            String word = words[i].replace('\0', ',');
            int equals = word.indexOf('=');
            if (equals < 1 || properties.put(word.substring(0, equals), word.substring(equals + 1)) != null) {
                throw MachineException.usage("--device", text, "'" + word + "' is not property=value, each once",
                    "write --device TYPE,property=value,…");
            }
        }
        return new DeviceDefinition(words[0], properties);
    }
}
