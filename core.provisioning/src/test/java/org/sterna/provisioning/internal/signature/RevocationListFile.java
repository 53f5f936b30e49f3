package org.sterna.provisioning.internal.signature;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes revocation lists. */
final class RevocationListFile {
    private static final Duration DAY = Duration.ofDays(1);

    private RevocationListFile() {
    }

    /** A complete list that is in date. */
    static Path write(Path file, Signer issuer, Signer... revoked) throws IOException, GeneralSecurityException {
        return write(file, issuer, Instant.now().plus(DAY), false, revoked);
    }

    /** A list. */
    static Path write(Path file, Signer issuer, Instant until, boolean changesOnly, Signer... revoked)
            throws IOException, GeneralSecurityException {
        Date since = Date.from(Instant.now().minus(DAY));
        var builder = new JcaX509v2CRLBuilder(issuer.x509(), since).setNextUpdate(Date.from(until));
        for (Signer one : revoked) {
            builder.addCRLEntry(one.x509().getSerialNumber(), since, CRLReason.keyCompromise);
        }
        if (changesOnly) {
            builder.addExtension(Extension.deltaCRLIndicator, true, new ASN1Integer(1));
        }
        try {
            return Files.write(file,
                builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.keys().getPrivate()))
                    .getEncoded());
        } catch (OperatorCreationException e) {
            throw new IOException(e);
        }
    }
}
