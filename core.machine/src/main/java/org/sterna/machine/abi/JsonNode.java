package org.sterna.machine.abi;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A value of a JSON text with its place in it, so that every complaint can say where. */
record JsonNode(String place, Object value) {
    private static final JsonFactory FACTORY = new JsonFactory();

    /** Reads a whole text; {@code what} names it in messages. */
    static JsonNode read(String what, String json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
            parser.nextToken();
            Object tree = value(parser);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("text after the end of the " + what);
            }
            return new JsonNode(what, tree);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
    }

    JsonNode get(String name) {
        if (!(value instanceof Map<?, ?> map) || map.get(name) == null) {
            throw new IllegalArgumentException(place + " has no '" + name + "'");
        }
        return new JsonNode(place + "." + name, map.get(name));
    }

    SortedMap<String, JsonNode> entries() {
        if (!(value instanceof Map<?, ?> map)) {
            throw new IllegalArgumentException(place + " is not an object");
        }
        var entries = new TreeMap<String, JsonNode>();
        map.forEach((name, item) -> entries.put((String) name, new JsonNode(place + "." + name, item)));
        return entries;
    }

    String text() {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(place + " is not a string");
    }

    long number() {
        if (value instanceof Long number) {
            return number;
        }
        throw new IllegalArgumentException(place + " is not an integer");
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_STRING -> parser.getText();
            case START_OBJECT -> {
                SortedMap<String, Object> map = new TreeMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    map.put(name, value(parser));
                }
                yield map;
            }
            case null, default -> throw new IllegalArgumentException("no place for " + parser.currentToken()
                + " here");
        };
    }
}
