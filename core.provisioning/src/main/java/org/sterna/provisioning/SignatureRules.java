package org.sterna.provisioning;

import java.nio.file.Path;
import java.util.List;

/**
 * Whose signatures on bundles this host accepts, and what speaks against one. A bundle must be signed, whole, by
 * somebody whose certificate is among the trusted ones or leads to one of them; the certificate must allow signatures
 * on code, must not be revoked, and must be valid: now, or when the signature was made if a trusted time stamp says
 * when that was.
 *
 * @param trust                files with the certificates of signers, or of those who vouch for signers: key stores
 *                             (PKCS #12 or JKS) or certificates (PEM or DER); at least one
 * @param revocationLists      files with revocation lists (CRL, PEM or DER); they are read anew for each question, so
 *                             that something else can keep them up to date. If there is any, each certificate that is
 *                             not itself trusted needs a list of its issuer that is in date. Nothing is fetched from
 *                             the network
 * @param timeStampAuthorities files with the certificates of time stamping authorities (RFC 3161), or of those who
 *                             vouch for them. Time stamps of all others count for nothing
 */
public record SignatureRules(List<Path> trust, List<Path> revocationLists, List<Path> timeStampAuthorities) {
    /** Copies the lists. */
    public SignatureRules {
        trust = List.copyOf(trust);
        revocationLists = List.copyOf(revocationLists);
        timeStampAuthorities = List.copyOf(timeStampAuthorities);
    }

    /** Rules without revocation lists, under which no time stamp counts. */
    public static SignatureRules trusting(Path trust) {
        return new SignatureRules(List.of(trust), List.of(), List.of());
    }
}
