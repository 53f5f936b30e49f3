package org.sterna.provisioning.internal;

import aQute.bnd.osgi.resource.ResourceBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.jar.JarFile;
import org.osgi.resource.Resource;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.Download;
import org.sterna.provisioning.internal.signature.Trust;

/**
 * A bundle's jar as it has come.
 *
 * @param resource the bundle
 * @param jar      a copy that nobody else changes
 * @param digest   its SHA-256 in hexadecimal digits
 */
record Fetched(Resource resource, Path jar, String digest) {
    /** The most bytes of a jar. */
    static final int MAX_JAR = 32 << 20;

    /**
     * Copies a bundle's jar.
     *
     * @param limit the most bytes that it may have
     * @param to    the file to make
     * @throws MachineException if that cannot be done
     */
    static Fetched copy(Catalog catalog, Resource resource, Download download, long limit, Path to) {
        try {
            try (OutputStream out = Files.newOutputStream(to)) {
                download.copy(Catalog.location(resource), catalog.scope(resource), Catalog.describe(resource),
                    Math.min(limit, MAX_JAR), out);
            }
            return new Fetched(resource, to, Digest.of(to));
        } catch (IOException e) {
            throw MachineException.failed(Catalog.describe(resource), "", "it cannot be stored at the destination: "
                + Reason.causeOf(e),
                "see that there is space in its folder for temporary files");
        }
    }

    /**
     * Why it must not be installed; nothing if it is what the repository says, and of a signer whom this host trusts.
     */
    Optional<String> objection(Trust trust) {
        String said = Catalog.digest(resource);
        if (!said.equalsIgnoreCase(digest)) {
            // What was found there is not for the peer, to whom this goes.
            return Optional.of(said.isEmpty() ? "its repository does not say its SHA-256"
                : "its SHA-256 is not the one that its repository says");
        }
        try {
            Optional<String> objection = trust.objection(jar);
            return objection.isPresent() ? objection : mistaken();
        } catch (IOException e) {
            return Optional.of("it is no jar that can be read: " + Reason.causeOf(e));
        }
    }

    /**
     * A jar that somebody trusted has signed may still be another one than the repository says, such as an old version.
     */
    private Optional<String> mistaken() throws IOException {
        try (var file = new JarFile(jar.toFile())) {
            var builder = new ResourceBuilder();
            builder.addManifest(file.getManifest());
            String is = Catalog.describe(builder.build());
            return is.equals(Catalog.describe(resource)) ? Optional.empty() : Optional.of("the jar is of " + is);
        }
    }
}
