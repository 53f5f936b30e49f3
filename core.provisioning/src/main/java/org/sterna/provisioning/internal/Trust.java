package org.sterna.provisioning.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * Whose bundles this host installs.
 *
 * @param certificates of signers, and of those who vouch for signers
 */
record Trust(Set<X509Certificate> certificates) {
    /** The variable with the password of a key store, which protects certificates from change only. */
    private static final String PASSWORD = "STERNA_TRUST_PASSWORD";
    private static final String USUAL_PASSWORD = "changeit";
    private static final String GIVE = "give a key store of certificates, its password in " + PASSWORD + " unless it is '"
        + USUAL_PASSWORD + "', or a file of certificates (PEM)";

    /**
     * Reads a key store (PKCS #12 or JKS), or a file of certificates (PEM or DER).
     *
     * @throws MachineException (usage) if it cannot be read, or holds no certificate
     */
    static Trust of(Path file) {
        try {
            Set<X509Certificate> certificates = certificates(Files.readAllBytes(file), file);
            if (certificates.isEmpty()) {
                throw unusable(file, "it holds no trusted certificate");
            }
            return new Trust(certificates);
        } catch (NoSuchFileException e) {
            throw unusable(file, "no such file");
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(file, e.getMessage());
        }
    }

    /**
     * Reads several.
     *
     * @throws MachineException (usage) with everything that is wrong
     */
    static Trust of(List<Path> files) {
        var certificates = new HashSet<X509Certificate>();
        var wrong = new ArrayList<Reason>();
        for (Path file : files) {
            try {
                certificates.addAll(of(file).certificates());
            } catch (MachineException e) {
                wrong.addAll(e.reasons());
            }
        }
        if (files.isEmpty()) {
            wrong.add(Reason.of("trust", "nobody is trusted, so nothing could be installed", GIVE));
        }
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, wrong);
        }
        return new Trust(Set.copyOf(certificates));
    }

    private static MachineException unusable(Path file, String why) {
        return MachineException.usage("trust " + file, "", why, GIVE);
    }

    private static Set<X509Certificate> certificates(byte[] bytes, Path file) throws IOException, GeneralSecurityException {
        var found = new HashSet<X509Certificate>();
        Collection<? extends Certificate> plain = List.of();
        try {
            plain = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes));
        } catch (GeneralSecurityException noCertificates) {
            KeyStore store = KeyStore.getInstance(file.toFile(),
                Optional.ofNullable(System.getenv(PASSWORD)).orElse(USUAL_PASSWORD).toCharArray());
            for (String alias : Collections.list(store.aliases())) {
                if (store.isCertificateEntry(alias) && store.getCertificate(alias) instanceof X509Certificate certificate) {
                    found.add(certificate);
                }
            }
        }
        plain.forEach(certificate -> found.add((X509Certificate) certificate));
        return found;
    }

    /**
     * Why a jar is not to be trusted: it must be whole as somebody has signed it whom this host trusts. Nothing if it is.
     *
     * @throws IOException if it cannot be read at all
     */
    Optional<String> objection(Path file) throws IOException {
        try (var jar = new JarFile(file.toFile(), true)) {
            var entries = jar.stream().filter(entry -> !entry.isDirectory() && !isSignature(entry.getName())).toList();
            var names = entries.stream().map(JarEntry::getName).collect(Collectors.toSet());
            Set<CodeSigner> signers = null;
            for (JarEntry entry : entries) {
                CodeSigner[] signed = signers(jar, entry);
                if (signed == null) {
                    return Optional.of(signers == null && entry.equals(entries.getFirst()) ? "it is not signed"
                        : "its entry " + entry.getName() + " is not signed");
                }
                if (signers == null) {
                    signers = new HashSet<>(List.of(signed));
                }
                signers.retainAll(List.of(signed));
            }
            // Taking an entry away leaves every other signature as it was.
            var missing = jar.getManifest() == null ? Set.<String>of() : new HashSet<>(jar.getManifest().getEntries().keySet());
            missing.removeAll(names);
            missing.removeIf(name -> name.endsWith("/"));
            if (!missing.isEmpty()) {
                return Optional.of("its entry " + missing.iterator().next() + " has been taken out");
            }
            return signers == null ? Optional.of("it is not signed") : objection(signers);
        } catch (SecurityException e) {
            return Optional.of("it is not what was signed: " + e.getMessage());
        }
    }

    private static boolean isSignature(String name) {
        return name.equals(JarFile.MANIFEST_NAME) || name.matches("META-INF/(SIG-[^/]*|[^/]*\\.(SF|RSA|DSA|EC))");
    }

    /** Signers are known when all of an entry has been read. */
    private static CodeSigner[] signers(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream in = jar.getInputStream(entry)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return entry.getCodeSigners();
    }

    private Optional<String> objection(Set<CodeSigner> signers) {
        var objections = new ArrayList<String>();
        for (CodeSigner signer : signers) {
            Optional<String> objection = objection(signer);
            if (objection.isEmpty()) {
                return objection;
            }
            objections.add(objection.get());
        }
        return Optional.of(objections.isEmpty() ? "no signer has signed all of it" : String.join("; ", objections));
    }

    private Optional<String> objection(CodeSigner signer) {
        var chain = signer.getSignerCertPath().getCertificates();
        var certificate = (X509Certificate) chain.getFirst();
        String who = "its signer " + certificate.getSubjectX500Principal().getName();
        Date when = signer.getTimestamp() == null ? new Date() : signer.getTimestamp().getTimestamp();
        try {
            if (certificates.contains(certificate)) {
                certificate.checkValidity(when);
                return Optional.empty();
            }
            var parameters = new PKIXParameters(certificates.stream().map(anchor -> new TrustAnchor(anchor, null))
                .collect(Collectors.toSet()));
            parameters.setRevocationEnabled(false);
            parameters.setDate(when);
            CertPathValidator.getInstance("PKIX").validate(signer.getSignerCertPath(), parameters);
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            return Optional.of(who + (certificates.contains(certificate)
                ? " has a certificate that is not valid: " + e.getMessage()
                : " is not trusted here"));
        }
    }
}
