package org.sterna.provisioning.internal.signature;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.sterna.machine.Reason;

/**
 * A certificate with those that vouch for it, up to one that is trusted.
 *
 * @param certificates from the end entity up; the last one is issued by a trusted one, unless the end entity itself is
 *                     trusted
 * @param anchors      the trusted ones
 */
record CertificateChain(List<X509Certificate> certificates, Set<X509Certificate> anchors) {
    /** The bit of a key usage that allows signatures on data. */
    private static final int DIGITAL_SIGNATURE = 0;
    /** The bit of a key usage that allows to sign certificates. */
    private static final int CERTIFICATE_SIGN = 5;
    private static final String ANY_PURPOSE = "2.5.29.37.0";

    /** The chain of a signature, which may hold more certificates than are needed. */
    static CertificateChain of(CertPath path, Set<X509Certificate> anchors) {
        var certificates = new ArrayList<X509Certificate>();
        for (Certificate certificate : path.getCertificates()) {
            if (!certificates.isEmpty() && anchors.contains(certificate)) {
                break;
            }
            certificates.add((X509Certificate) certificate);
        }
        return new CertificateChain(List.copyOf(certificates), anchors);
    }

    /** Whose signature it is. */
    X509Certificate end() {
        return certificates.getFirst();
    }

    /** The name of whose signature it is. */
    String name() {
        return end().getSubjectX500Principal().getName();
    }

    /**
     * Checks that the chain leads to a trusted certificate and was valid at a time.
     *
     * @throws Objection if not
     */
    void checkTrust(Instant when) throws Objection {
        try {
            end().checkValidity(Date.from(when));
            if (anchors.contains(end())) {
                return;
            }
            var parameters = new PKIXParameters(anchors.stream().filter(CertificateChain::mayVouch)
                .map(anchor -> new TrustAnchor(anchor, null)).collect(Collectors.toSet()));
            // What an operator gives is checked by RevocationLists; the JDK would ask the network too.
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(when));
            CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(certificates), parameters);
        } catch (CertificateExpiredException | CertificateNotYetValidException e) {
            throw new Objection(when(end(), when));
        } catch (CertPathValidatorException e) {
            throw new Objection(switch (e.getReason()) {
                case CertPathValidatorException.BasicReason.EXPIRED,
                    CertPathValidatorException.BasicReason.NOT_YET_VALID ->
                    "is vouched for by a certificate that is not in date: " + Reason.causeOf(e);
                default -> "is not trusted here";
            });
        } catch (GeneralSecurityException e) {
            throw new Objection("is not trusted here");
        }
    }

    /** To trust a signer is not to trust everybody whom that signer trusts. */
    private static boolean mayVouch(X509Certificate anchor) {
        boolean[] usage = anchor.getKeyUsage();
        return anchor.getBasicConstraints() >= 0 && (usage == null || usage[CERTIFICATE_SIGN]);
    }

    private static String when(X509Certificate certificate, Instant when) {
        return when.isBefore(certificate.getNotBefore().toInstant())
            ? "has a certificate that is not valid before " + certificate.getNotBefore().toInstant()
            : "has a certificate that is not valid after " + certificate.getNotAfter().toInstant();
    }

    /**
     * Checks what the certificate may be used for, if it says so.
     *
     * @param purpose  the object identifier of an extended key usage
     * @param words    what that is, for messages
     * @param required whether it must say so
     * @throws Objection if not for that
     */
    void checkUsage(String purpose, String words, boolean required) throws Objection {
        boolean[] usage = end().getKeyUsage();
        if (usage != null && !usage[DIGITAL_SIGNATURE]) {
            throw new Objection("has a certificate that is not for signatures (key usage)");
        }
        try {
            List<String> purposes = end().getExtendedKeyUsage();
            if (purposes == null ? required : !purposes.contains(purpose)
                    && (required || !purposes.contains(ANY_PURPOSE))) {
                throw new Objection("has a certificate that is not for " + words + " (extended key usage)");
            }
        } catch (CertificateParsingException e) {
            throw new Objection("has a certificate that cannot be read: " + Reason.causeOf(e));
        }
    }

    /**
     * Checks that no certificate of the chain is revoked. One that is itself trusted needs no list.
     *
     * @throws Objection if one is, or may be
     */
    void checkRevocation(RevocationLists lists) throws Objection {
        if (lists.isEmpty()) {
            return;
        }
        var issuers = new ArrayList<>(certificates);
        issuers.addAll(anchors);
        for (X509Certificate certificate : certificates) {
            lists.check(certificate, issuers, !anchors.contains(certificate));
        }
    }
}
