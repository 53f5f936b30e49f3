package org.sterna.provisioning.internal.signature;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipFile;
import javax.security.auth.x500.X500Principal;
import jdk.security.jarsigner.JarSigner;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Somebody who signs jars, by what is in the JDK's jarsigner.
 *
 * @param name  the name
 * @param keys  the keys
 * @param chain the certificate, and those who vouch for it
 */
record Signer(String name, KeyPair keys, List<X509Certificate> chain) {
    private static final String ALGORITHM = "SHA256withECDSA";

    /** One who vouches for itself, with a certificate that says nothing of its use. */
    static Signer of(String name) throws Exception {
        return new Builder(name).make();
    }

    /** What a certificate is to be. */
    static final class Builder {
        private final String name;
        private Signer issuer;
        private Instant from = days(-30);
        private Instant to = days(30);
        private boolean authority;
        private KeyUsage usage;
        private ExtendedKeyUsage purposes;

        /** One who vouches for itself, valid for a month. */
        Builder(String name) {
            this.name = name;
        }

        private static Instant days(int days) {
            return Instant.now().plus(Duration.ofDays(days));
        }

        /** With somebody else who vouches for it. */
        Builder issuedBy(Signer given) {
            issuer = given;
            return this;
        }

        /** Valid from some days from now to some days from now. */
        Builder valid(int first, int last) {
            from = days(first);
            to = days(last);
            return this;
        }

        /** One who may vouch for others. */
        Builder authority() {
            authority = true;
            return this;
        }

        /** For certain uses of the key. */
        Builder usage(int bits) {
            usage = new KeyUsage(bits);
            return this;
        }

        /** For certain purposes. */
        Builder purposes(KeyPurposeId... ids) {
            purposes = new ExtendedKeyUsage(ids);
            return this;
        }

        /** Makes it, with new keys. */
        Signer make() throws IOException, GeneralSecurityException, OperatorCreationException {
            KeyPair keys = KeyPairGenerator.getInstance("EC").generateKeyPair();
            var subject = new X500Principal("CN=" + name);
            var certificate = new JcaX509v3CertificateBuilder(issuer == null ? subject : issuer.x509()
                .getSubjectX500Principal(),
                new BigInteger(64, new java.util.Random()), Date.from(from), Date.from(to), subject, keys.getPublic());
            if (authority) {
                certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            }
            if (usage != null) {
                certificate.addExtension(Extension.keyUsage, true, usage);
            }
            if (purposes != null) {
                certificate.addExtension(Extension.extendedKeyUsage, true, purposes);
            }
            var signing = new JcaContentSignerBuilder(ALGORITHM)
                .build((issuer == null ? keys : issuer.keys()).getPrivate());
            var chain = new ArrayList<>(List.of(new JcaX509CertificateConverter()
                .getCertificate(certificate.build(signing))));
            if (issuer != null) {
                chain.addAll(issuer.chain());
            }
            return new Signer(name, keys, List.copyOf(chain));
        }
    }

    /** Its certificate. */
    X509Certificate x509() {
        return chain.getFirst();
    }

    /** Its certificate, as text. */
    Path certificate(Path folder) throws IOException, GeneralSecurityException {
        return Files.writeString(folder.resolve(name + ".pem"), "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(x509().getEncoded()) + "\n-----END CERTIFICATE-----\n");
    }

    /** Signs a jar where it is. */
    void sign(Path jar) throws IOException, GeneralSecurityException {
        sign(jar, null);
    }

    /** Signs a jar where it is, with a time stamp of a server unless that is null. */
    void sign(Path jar, URI authority) throws IOException, GeneralSecurityException {
        var builder = new JarSigner.Builder(keys.getPrivate(), CertificateFactory.getInstance("X.509")
            .generateCertPath(chain))
            .signerName(name.toUpperCase(Locale.ROOT).substring(0, Math.min(8, name.length())));
        if (authority != null) {
            builder.tsa(authority);
        }
        Path signed = jar.resolveSibling("signed");
        try (var from = new ZipFile(jar.toFile()); OutputStream out = Files.newOutputStream(signed)) {
            builder.build().sign(from, out);
        }
        Files.move(signed, jar, StandardCopyOption.REPLACE_EXISTING);
    }
}
