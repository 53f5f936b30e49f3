package org.sterna.provisioning.internal.signature;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.RegularFile;

/** Reads certificates that an operator has chosen. */
final class CertificateFile {
    private static final int MAX_FILE = 4 << 20;
    /** The variable with the password of a key store, which protects certificates from change only. */
    private static final String PASSWORD = "STERNA_TRUST_PASSWORD";
    private static final String USUAL_PASSWORD = "changeit";
    /** What to give. */
    static final String GIVE = "give a key store of certificates, its password in " + PASSWORD + " unless it is '"
        + USUAL_PASSWORD + "', or a file of certificates (PEM)";

    private CertificateFile() {
    }

    /**
     * Reads several files, each a key store (PKCS #12 or JKS) or certificates (PEM or DER).
     *
     * @param role what they are for, for messages
     * @throws MachineException (usage) with each file that cannot be read or holds no certificate
     */
    static Set<X509Certificate> read(String role, List<Path> files) {
        var certificates = new HashSet<X509Certificate>();
        var wrong = new ArrayList<Reason>();
        for (Path file : files) {
            try {
                Set<X509Certificate> found = read(file);
                certificates.addAll(found);
                if (found.isEmpty()) {
                    wrong.add(Reason.of(role + " " + file, "it holds no trusted certificate", GIVE));
                }
            } catch (NoSuchFileException e) {
                wrong.add(Reason.of(role + " " + file, "no such file", GIVE));
            } catch (IOException | GeneralSecurityException e) {
                wrong.add(Reason.of(role + " " + file, Reason.causeOf(e), GIVE));
            }
        }
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, wrong);
        }
        return Set.copyOf(certificates);
    }

    private static Set<X509Certificate> read(Path file) throws IOException, GeneralSecurityException {
        var found = new HashSet<X509Certificate>();
        Collection<? extends Certificate> plain = List.of();
        try {
            plain = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(RegularFile.read(file, MAX_FILE)));
        } catch (GeneralSecurityException noCertificates) {
            KeyStore store = KeyStore.getInstance(file.toFile(),
                Optional.ofNullable(System.getenv(PASSWORD)).orElse(USUAL_PASSWORD).toCharArray());
            for (String alias : Collections.list(store.aliases())) {
                if (store.isCertificateEntry(alias)
                        && store.getCertificate(alias) instanceof X509Certificate certificate) {
                    found.add(certificate);
                }
            }
        }
        plain.forEach(certificate -> found.add((X509Certificate) certificate));
        return found;
    }
}
