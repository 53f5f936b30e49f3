package org.sterna.provisioning.internal.signature;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.sterna.machine.Reason;

/** Who has signed a jar, whole. */
final class SignedJar {
    private SignedJar() {
    }

    /**
     * Those who have signed every entry, as it is, of a jar from which no entry has been taken.
     *
     * @return at least one
     * @throws Objection   if there is none
     * @throws IOException if it cannot be read
     */
    static Set<CodeSigner> signers(Path file) throws IOException, Objection {
        try (var jar = new JarFile(file.toFile(), true)) {
            var entries = jar.stream().filter(entry -> !entry.isDirectory() && !isSignature(entry.getName())).toList();
            Set<CodeSigner> signers = null;
            for (JarEntry entry : entries) {
                CodeSigner[] signed = signers(jar, entry);
                if (signed == null) {
                    throw new Objection(signers != null ? "its entry " + entry.getName() + " is not signed"
                        : unsigned(jar));
                }
                if (signers == null) {
                    signers = new HashSet<>(List.of(signed));
                }
                signers.retainAll(List.of(signed));
            }
            // Taking an entry away leaves every other signature as it was.
            var missing = jar.getManifest() == null ? Set.<String>of()
                : new HashSet<>(jar.getManifest().getEntries().keySet());
            missing.removeAll(entries.stream().map(JarEntry::getName).collect(Collectors.toSet()));
            missing.removeIf(name -> name.endsWith("/"));
            if (!missing.isEmpty()) {
                throw new Objection("its entry " + missing.iterator().next() + " has been taken out");
            }
            if (signers == null) {
                throw new Objection("it is not signed");
            }
            if (signers.isEmpty()) {
                throw new Objection("no signer has signed all of it");
            }
            return signers;
        } catch (SecurityException e) {
            throw new Objection("it is not what was signed: " + Reason.causeOf(e));
        }
    }

    /** The JDK does not say what is wrong with a signature: its algorithm, or the usage of its key. */
    private static String unsigned(JarFile jar) {
        return jar.stream().anyMatch(entry -> entry.getName().matches("META-INF/[^/]*\\.(RSA|DSA|EC)"))
            ? "its signature is none that this Java accepts" : "it is not signed";
    }

    private static boolean isSignature(String name) {
        return name.equals(JarFile.MANIFEST_NAME) || name.matches("META-INF/(SIG-[^/]*|[^/]*\\.(SF|RSA|DSA|EC))");
    }

    /** Signers are known when all of an entry has been read. */
    private static CodeSigner[] signers(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream in = jar.getInputStream(entry)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return entry.getCodeSigners();
    }
}
