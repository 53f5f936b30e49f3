package org.sterna.provisioning.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.osgi.resource.Resource;
import org.sterna.machine.MachineException;

/**
 * A bundle's jar as it has come.
 *
 * @param resource the bundle
 * @param jar      the bytes
 */
record Fetched(Resource resource, byte[] jar) {
    private static final int MAX_JAR = 32 << 20;

    /**
     * Reads a bundle's jar.
     *
     * @throws MachineException if that cannot be done
     */
    static Fetched of(Resource resource) {
        return new Fetched(resource, Download.read(Catalog.location(resource), Catalog.describe(resource), MAX_JAR));
    }

    /** Why it must not be installed; nothing if it is what the repository says, and of a signer whom this host trusts. */
    Optional<String> objection(Trust trust) {
        String said = Catalog.digest(resource);
        String is = Digest.of(jar);
        if (!said.equalsIgnoreCase(is)) {
            return Optional.of(said.isEmpty() ? "the index does not say its SHA-256"
                : "its SHA-256 is " + is + ", the index says " + said);
        }
        try {
            Path file = Files.createTempFile("sterna-", ".jar");
            try {
                Files.write(file, jar);
                return trust.objection(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            return Optional.of("it is no jar that can be read: " + e.getMessage());
        }
    }
}
