package org.sterna.migration;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/** Where a migration goes to or comes in, and where a control socket is. */
public sealed interface Endpoint {
    /**
     * A TCP port.
     *
     * @param host a host name or address
     * @param port 0 to 65535; 0 lets a listener choose
     */
    record Tcp(String host, int port) implements Endpoint {
        @Override
        public String toString() {
            return "tcp:" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * A Unix domain socket.
     *
     * @param path its path, of at most 100 bytes
     */
    record Unix(Path path) implements Endpoint {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /**
     * Reads {@code tcp:HOST:PORT} or {@code unix:PATH}.
     *
     * @throws MachineException (usage) if the text is anything else
     */
    static Endpoint parse(String text) {
        if (text.startsWith("unix:") && text.length() > 5 && text.length() <= 105) {
            try {
                return new Unix(Path.of(text.substring(5)));
            } catch (InvalidPathException e) {
                throw MachineException.usage(text, "", "this names no file: " + Reason.causeOf(e), "write unix:PATH");
            }
        }
        int colon = text.lastIndexOf(':');
        if (text.startsWith("tcp:") && colon > 4 && text.substring(colon + 1).matches("[0-9]{1,5}")) {
            int port = Integer.parseInt(text.substring(colon + 1));
            String host = text.substring(4, colon);
            if (port <= 65535 && !host.isEmpty()) {
                return new Tcp(host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host, port);
            }
        }
        throw MachineException.usage(text, "", "not an endpoint", "write tcp:HOST:PORT or unix:PATH");
    }
}
