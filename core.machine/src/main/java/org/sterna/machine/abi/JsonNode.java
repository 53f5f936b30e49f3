package org.sterna.machine.abi;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.sterna.machine.text.CauseText;

/** A value of a JSON text with its place in it, so that every complaint can say where. */
record JsonNode(String place, Object value) {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final int MAX_DEPTH = 16;

    /** Reads a whole text; {@code what} names it in messages. */
    static JsonNode read(String what, String json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
            parser.nextToken();
            Object tree = value(parser, what, MAX_DEPTH);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("text after the end of the " + what);
            }
            return new JsonNode(what, tree);
        } catch (IOException e) {
            throw new IllegalArgumentException(CauseText.of(e), e);
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

    /** The entries, each of which must have a name of a form. */
    SortedMap<String, JsonNode> entries(String form) {
        var entries = entries();
        for (String name : entries.keySet()) {
            if (!name.matches(form)) {
                throw new IllegalArgumentException(place + " has a name that is not of the form " + form);
            }
        }
        return entries;
    }

    /** A text of a form. */
    String text(String form) {
        if (text().matches(form)) {
            return text();
        }
        throw new IllegalArgumentException(place + " is not of the form " + form);
    }

    String text() {
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(place + " is not a string");
    }

    long number(long min, long max) {
        if (value instanceof Long number && number >= min && number <= max) {
            return number;
        }
        throw new IllegalArgumentException(place + " is not an integer from " + min + " to " + max);
    }

    /** This object, which must have no other names than these. */
    JsonNode only(String... names) {
        for (String name : entries().keySet()) {
            if (!List.of(names).contains(name)) {
                throw new IllegalArgumentException(place + " has an unknown '" + name + "'");
            }
        }
        return this;
    }

    /** What the value stands for; a complaint about it says where it is. */
    <T> T make(Function<JsonNode, T> form) {
        try {
            return form.apply(this);
        } catch (IllegalArgumentException e) {
            throw e.getMessage().startsWith(place) ? e : new IllegalArgumentException(place + ": " + e.getMessage(), e);
        }
    }

    private static Object value(JsonParser parser, String place, int depth) throws IOException {
        if (depth == 0) {
            throw new IllegalArgumentException(place + " is nested too deep");
        }
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
                    map.put(name, value(parser, place + "." + name, depth - 1));
                }
                yield map;
            }
            case null, default -> throw new IllegalArgumentException(place + " is neither an object nor a text, a truth value or"
                + " an integer");
        };
    }
}
