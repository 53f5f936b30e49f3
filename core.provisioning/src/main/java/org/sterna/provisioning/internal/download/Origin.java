package org.sterna.provisioning.internal.download;

import java.net.URI;
import java.util.Locale;

/**
 * A server, as browsers tell servers apart.
 *
 * @param scheme {@code http} or {@code https}
 * @param host   its name or address, in lower case
 * @param port   its port
 */
record Origin(String scheme, String host, int port) {
    /** That of an HTTP URI. */
    static Origin of(URI uri) {
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
        return new Origin(scheme, host, uri.getPort() >= 0 ? uri.getPort() : usual(scheme));
    }

    private static int usual(String scheme) {
        return scheme.equals("https") ? 443 : 80;
    }

    /** Whether what comes from here may also come from another server: from itself, and from the same host over TLS. */
    boolean includes(Origin other) {
        return equals(other) || host.equals(other.host) && scheme.equals("http") && port == usual("http")
            && other.scheme.equals("https") && other.port == usual("https");
    }
}
