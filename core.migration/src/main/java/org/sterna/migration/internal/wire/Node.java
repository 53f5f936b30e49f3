package org.sterna.migration.internal.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A value in a message with its place, so that whatever is wrong with it can be said. Keys of maps that nobody asks
 * for are ignored: a later minor version may add them.
 *
 * @param peer  who sent it
 * @param place where it stands
 * @param value the value, or null if it is not there
 */
public record Node(String peer, String place, Object value) {
    private Failure wrong(String expected) {
        return Failure.here(peer, "sent a malformed message: " + place + (value == null ? " is missing" : " is not " + expected), "");
    }

    /** Checks that it is a map with text keys, whatever they are. */
    void checkTextKeys() throws Failure {
        if (!(value instanceof Map<?, ?> map) || !map.isEmpty() && !(map.keySet().iterator().next() instanceof String)) {
            throw wrong("a map with text keys");
        }
    }

    /** Whether it is there. */
    public boolean present() {
        return value != null;
    }

    /** The value of a text key, present or not. */
    public Node get(String key) throws Failure {
        checkTextKeys();
        return new Node(peer, place + "." + key, ((Map<?, ?>) value).get(key));
    }

    /** The entries of a map with text keys. */
    public Map<String, Node> entries(int limit) throws Failure {
        if (!(value instanceof Map<?, ?> map) || map.size() > limit) {
            throw wrong("a map of at most " + limit + " entries");
        }
        var entries = new LinkedHashMap<String, Node>();
        for (var entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String key)) {
                throw wrong("a map with text keys");
            }
            entries.put(key, new Node(peer, place + "." + key, entry.getValue()));
        }
        return entries;
    }

    /** The items of a list. */
    public List<Node> items(int limit) throws Failure {
        if (!(value instanceof List<?> list) || list.size() > limit) {
            throw wrong("a list of at most " + limit + " items");
        }
        var items = new ArrayList<Node>(list.size());
        for (Object item : list) {
            items.add(new Node(peer, place + "[" + items.size() + "]", item));
        }
        return items;
    }

    /** The items of a list, each read alike. */
    public <T> List<T> items(int limit, Reader<T> reader) throws Failure {
        var read = new ArrayList<T>();
        for (Node item : items(limit)) {
            read.add(reader.read(item));
        }
        return read;
    }

    /** A text; the limit is in bytes of UTF-8. */
    public String text(int limit) throws Failure {
        if (value instanceof String text && text.length() <= limit && text.getBytes(StandardCharsets.UTF_8).length <= limit) {
            return text;
        }
        throw wrong("a text of at most " + limit + " bytes");
    }

    /** A text without a limit of its own. */
    public String text() throws Failure {
        return text(Limits.TEXT);
    }

    /** A text, or the empty one if it is not there. */
    public String textOrEmpty() throws Failure {
        return present() ? text() : "";
    }

    /** An integer in a range. */
    public long number(long min, long max) throws Failure {
        if (value instanceof Long number && number >= min && number <= max) {
            return number;
        }
        throw wrong("an integer from " + min + " to " + max);
    }

    /** An integer that is not negative. */
    public long count() throws Failure {
        return number(0, Long.MAX_VALUE);
    }

    /** An id or version: an integer from 1 on. */
    public int ordinal() throws Failure {
        return (int) number(1, Integer.MAX_VALUE);
    }

    /** A truth value. */
    public boolean flag() throws Failure {
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong("true or false");
    }

    /** Bytes. */
    public byte[] bytes(int limit) throws Failure {
        if (value instanceof byte[] bytes && bytes.length <= limit) {
            return bytes;
        }
        throw wrong("at most " + limit + " bytes");
    }

    /** What one of some words stands for. */
    public <E> E word(Map<String, E> words) throws Failure {
        E found = value instanceof String text ? words.get(text) : null;
        if (found == null) {
            throw wrong("one of " + String.join(", ", new TreeSet<>(words.keySet()))
                + (value instanceof String text ? ", but '" + text.substring(0, Math.min(text.length(), 40)) + "'" : ""));
        }
        return found;
    }

    /** Makes something of a node, and says where if that is refused. */
    public <T> T make(Maker<T> maker) throws Failure {
        try {
            return maker.make();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw Failure.here(peer, "sent a malformed message: " + place + ": " + e.getMessage(), "");
        }
    }

    /** Reads a node. */
    @FunctionalInterface
    public interface Reader<T> {
        /** Reads it. */
        T read(Node node) throws Failure;
    }

    /** Makes something from what has been read. */
    @FunctionalInterface
    public interface Maker<T> {
        /** Makes it. */
        T make() throws Failure;
    }
}
