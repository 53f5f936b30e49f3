package org.sterna.provisioning.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.util.Set;
import org.sterna.machine.MachineException;

/** Reads what a URI names, at most so many bytes, and not from a server that says nothing. */
final class Download {
    /** The URIs that can be read. */
    static final Set<String> SCHEMES = Set.of("file", "http", "https");
    private static final int CONNECT_MS = 5_000;
    private static final int SILENCE_MS = 10_000;

    private Download() {
    }

    /** They, for people. */
    static String schemes() {
        return String.join(", ", SCHEMES.stream().sorted().toList());
    }

    /**
     * All of it.
     *
     * @param what  what it is, for reasons
     * @param limit the most bytes that it may have
     * @throws MachineException if it cannot be read, or is longer
     */
    static byte[] read(URI uri, String what, int limit) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme();
        if (!SCHEMES.contains(scheme)) {
            throw MachineException.failed(uri.toString(), "", what + " cannot be read from there: '" + scheme
                + "' is none of " + schemes(), "");
        }
        try {
            URLConnection connection = uri.toURL().openConnection();
            connection.setConnectTimeout(CONNECT_MS);
            connection.setReadTimeout(SILENCE_MS);
            connection.setUseCaches(false);
            try (InputStream in = connection.getInputStream()) {
                byte[] bytes = in.readNBytes(limit);
                if (in.read() >= 0) {
                    throw MachineException.failed(uri.toString(), "", what + " is longer than " + limit + " bytes", "");
                }
                return bytes;
            } finally {
                if (connection instanceof HttpURLConnection http) {
                    http.disconnect();
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw MachineException.failed(uri.toString(), "", what + " cannot be read: " + why(e),
                "see that the repository is there, or name another");
        }
    }

    /** What of an exception tells a person something: a missing file's message is only its name. */
    private static String why(Exception e) {
        return switch (e) {
            case java.io.FileNotFoundException missing -> "there is no such file";
            case java.net.UnknownHostException unknown -> "no such host";
            default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        };
    }
}
