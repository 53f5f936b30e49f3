package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.SwapOptions;

/** The arguments of a QMP command; what is not taken by the end is refused. */
final class Arguments {
    private final String command;
    private final ObjectNode rest;

    Arguments(String command, ObjectNode arguments) {
        this.command = command;
        rest = arguments.deepCopy();
    }

    /** The argument {@code uri}, which must be there. */
    Endpoint uri() throws QmpException {
        JsonNode uri = rest.remove("uri");
        if (uri == null || !uri.isTextual()) {
            throw QmpException.generic(command + " needs the argument 'uri', a text: tcp:HOST:PORT or unix:PATH");
        }
        return Endpoint.parse(uri.asText());
    }

    /** An argument that is a text and must be there. */
    String text(String name, String what) throws QmpException {
        JsonNode value = rest.remove(name);
        if (value == null || !value.isTextual()) {
            throw QmpException.generic(command + " needs the argument '" + name + "', a text: " + what);
        }
        return value.asText();
    }

    /** An argument that is an integer and must be there. */
    long number(String name, long min, long max) throws QmpException {
        if (!rest.has(name)) {
            throw QmpException.generic(command + " needs the argument '" + name + "', " + range(min, max));
        }
        return number(name, min, max, min);
    }

    /** An argument that is the absolute path of a file and must be there. */
    Path path(String name) throws QmpException {
        String text = text(name, "the absolute path of a file");
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            // Refused like a relative one.
        }
        throw QmpException.generic("the argument '" + name + "' is the absolute path of a file, not '" + text + "'");
    }

    /** How a snapshot is to be made, with the defaults for what is not given. */
    SnapshotOptions snapshot() throws QmpException {
        long downtime = number("downtime-limit", 1, 3_600_000, SnapshotOptions.DEFAULT.downtimeLimit().toMillis());
        return new SnapshotOptions(Duration.ofMillis(downtime), number("bandwidth", 0, Long.MAX_VALUE, 0), flag("stop"));
    }

    /** How a device is to be swapped, with the defaults for what is not given. */
    SwapOptions swap() throws QmpException {
        long limit = number("limit", 1, 3_600_000, SwapOptions.DEFAULT.limit().toMillis());
        return new SwapOptions(Duration.ofMillis(limit), acceptLoss());
    }

    /** An argument that is true or false, and false if it is not there. */
    boolean flag(String name) throws QmpException {
        JsonNode value = rest.remove(name);
        if (value != null && !value.isBoolean()) {
            throw QmpException.generic("the argument '" + name + "' is true or false");
        }
        return value != null && value.asBoolean();
    }

    /** How a migration is to be made, with the defaults for what is not given. */
    MigrationOptions options() throws QmpException {
        long downtime = number("downtime-limit", 1, 3_600_000, MigrationOptions.DEFAULT.downtimeLimit().toMillis());
        long bandwidth = number("bandwidth", 0, Long.MAX_VALUE, 0);
        return new MigrationOptions(Duration.ofMillis(downtime), bandwidth, acceptLoss());
    }

    /** The fields that may be lost. */
    Set<String> acceptLoss() throws QmpException {
        var fields = new LinkedHashSet<String>();
        JsonNode given = rest.remove("accept-loss");
        if (given != null) {
            if (!given.isArray() || !given.valueStream().allMatch(JsonNode::isTextual)) {
                throw QmpException.generic("the argument 'accept-loss' is an array of texts such as /device@0.field");
            }
            given.valueStream().map(JsonNode::asText).forEach(fields::add);
        }
        return fields;
    }

    private long number(String name, long min, long max, long otherwise) throws QmpException {
        JsonNode value = rest.remove(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < min || value.asLong() > max) {
            throw QmpException.generic("the argument '" + name + "' is " + range(min, max));
        }
        return value.asLong();
    }

    private static String range(long min, long max) {
        return "an integer from " + min + (max == Long.MAX_VALUE ? " on" : " to " + max);
    }

    /** Refuses what has not been taken. */
    void end() throws QmpException {
        if (!rest.isEmpty()) {
            throw QmpException.generic(command + " has no argument '" + rest.fieldNames().next() + "'");
        }
    }
}
