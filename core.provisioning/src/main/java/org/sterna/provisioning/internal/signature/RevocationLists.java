package org.sterna.provisioning.internal.signature;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CRL;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.RegularFile;

/**
 * The revocation lists of an operator.
 *
 * @param lists those that could be read, complete lists only
 */
record RevocationLists(List<X509CRL> lists) {
    private static final int MAX_FILE = 16 << 20;
    /** The bit of a key usage that allows to sign revocation lists. */
    private static final int CRL_SIGN = 6;
    /** Extensions that make a list one of some certificates only. */
    private static final Set<String> PARTIAL = Set.of("2.5.29.27", "2.5.29.28");

    /**
     * Reads files of lists.
     *
     * @throws MachineException (usage) if one cannot be read, holds no list, or one that is not complete
     */
    static RevocationLists read(List<Path> files) {
        var lists = new ArrayList<X509CRL>();
        for (Path file : files) {
            try {
                var found = CertificateFactory.getInstance("X.509")
                    .generateCRLs(new ByteArrayInputStream(RegularFile.read(file, MAX_FILE)));
                if (found.isEmpty()) {
                    throw unusable(file, "it holds no revocation list");
                }
                for (CRL list : found) {
                    lists.add(complete(file, (X509CRL) list));
                }
            } catch (NoSuchFileException e) {
                throw unusable(file, "no such file");
            } catch (IOException | GeneralSecurityException e) {
                throw unusable(file, Reason.causeOf(e));
            }
        }
        return new RevocationLists(List.copyOf(lists));
    }

    private static X509CRL complete(Path file, X509CRL list) {
        Set<String> critical = list.getCriticalExtensionOIDs();
        if (critical != null && critical.stream().anyMatch(PARTIAL::contains)
                || list.hasUnsupportedCriticalExtension()) {
            throw unusable(file, "it is a list of changes, or of some certificates only, which is not supported");
        }
        return list;
    }

    private static MachineException unusable(Path file, String why) {
        return MachineException.usage("crl " + file, "", why,
            "give a file with complete revocation lists (PEM or DER)");
    }

    /** Whether there is anything to check. */
    boolean isEmpty() {
        return lists.isEmpty();
    }

    /**
     * Checks that a certificate has not been revoked.
     *
     * @param issuers  certificates of whom may have issued it
     * @param required whether there must be a list
     * @throws Objection if a list that is in date names it, or a list is required and there is none that is in date
     */
    void check(X509Certificate certificate, Iterable<X509Certificate> issuers, boolean required) throws Objection {
        boolean stale = false;
        boolean checked = false;
        for (X509CRL list : lists) {
            if (!list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
                    || !isSigned(list, issuers)) {
                continue;
            }
            X509CRLEntry entry = list.getRevokedCertificate(certificate);
            if (entry != null) {
                throw new Objection("has a certificate that was revoked on " + entry.getRevocationDate().toInstant());
            }
            boolean inDate = list.getNextUpdate() == null || list.getNextUpdate().toInstant().isAfter(Instant.now());
            checked |= inDate;
            stale |= !inDate;
        }
        if (required && !checked) {
            throw new Objection("has a certificate of which it is not known whether it was revoked: the revocation"
                + " list of "
                + certificate.getIssuerX500Principal().getName() + (stale ? " is out of date" : " is missing"));
        }
    }

    private static boolean isSigned(X509CRL list, Iterable<X509Certificate> issuers) {
        for (X509Certificate issuer : issuers) {
            boolean[] usage = issuer.getKeyUsage();
            if (issuer.getSubjectX500Principal().equals(list.getIssuerX500Principal())
                    && (usage == null || usage[CRL_SIGN])) {
                try {
                    list.verify(issuer.getPublicKey());
                    return true;
                } catch (GeneralSecurityException anotherKey) {
                    // Two may have the same name.
                }
            }
        }
        return false;
    }
}
