package org.sterna.provisioning.internal.download;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a repository may name. Whoever writes an index decides what this host reads, so an index reaches no further than
 * whoever can write it: an index on a server only that server, an index in a folder only the files below that folder,
 * and servers.
 */
public sealed interface Scope {
    /**
     * Says why a URI may not be read.
     *
     * @param uri one with a scheme out of {@link Download#SCHEMES}
     * @return the reason in words that follow the URI, without anything of what is there; nothing if it may be read
     */
    Optional<String> objection(URI uri);

    /** The scope of what the operator of this host, or a program in it, has named: anything. */
    static Scope operator() {
        return new Operator();
    }

    /**
     * The scope of an index.
     *
     * @param index where it was read
     */
    static Scope index(URI index) {
        return isFile(index) ? new Below(Path.of(index).toAbsolutePath().getParent()) : new Server(Origin.of(index));
    }

    private static boolean isFile(URI uri) {
        return "file".equalsIgnoreCase(uri.getScheme());
    }

    /** All that there is. */
    record Operator() implements Scope {
        @Override
        public Optional<String> objection(URI uri) {
            return Optional.empty();
        }
    }

    /**
     * Files below a folder, and servers.
     *
     * @param folder the folder of an index
     */
    record Below(Path folder) implements Scope {
        @Override
        public Optional<String> objection(URI uri) {
            return !isFile(uri) || isBelow(uri) ? Optional.empty()
                : Optional.of("is not below the folder of the index");
        }

        /** By the name first, so that nothing outside is looked at, and then wherever links lead. */
        private boolean isBelow(URI uri) {
            try {
                Path file = Path.of(uri).normalize();
                return file.startsWith(folder.normalize())
                    && (Files.notExists(file) || file.toRealPath().startsWith(folder.toRealPath()));
            } catch (IOException | IllegalArgumentException e) {
                return false;
            }
        }
    }

    /**
     * One server.
     *
     * @param origin the server of an index
     */
    record Server(Origin origin) implements Scope {
        @Override
        public Optional<String> objection(URI uri) {
            return !isFile(uri) && origin.includes(Origin.of(uri)) ? Optional.empty()
                : Optional.of("is not on the server of the index");
        }
    }
}
