package org.sterna.provisioning.internal.signature;

import java.io.IOException;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.Timestamp;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.provisioning.SignatureRules;

/**
 * Whose bundles this host installs.
 *
 * @param signers     certificates of signers, and of those who vouch for signers
 * @param authorities certificates of time stamping authorities, and of those who vouch for them
 * @param lists       files with revocation lists
 */
public record Trust(Set<X509Certificate> signers, Set<X509Certificate> authorities, List<Path> lists) {
    private static final Logger LOG = LoggerFactory.getLogger(Trust.class);
    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    private static final String TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    /** How far the clock of an authority may be ahead. */
    private static final Duration SKEW = Duration.ofMinutes(5);

    /**
     * Reads the files of rules.
     *
     * @throws MachineException (usage) with what is wrong
     */
    public static Trust of(SignatureRules rules) {
        if (rules.trust().isEmpty()) {
            throw MachineException.usage("trust", "", "nobody is trusted, so nothing could be installed",
                CertificateFile.GIVE);
        }
        RevocationLists.read(rules.revocationLists());
        return new Trust(CertificateFile.read("trust", rules.trust()),
            CertificateFile.read("tsa", rules.timeStampAuthorities()),
            rules.revocationLists());
    }

    /**
     * Why a jar is not to be trusted: it must be whole as somebody has signed it whom this host trusts. Nothing if it
     * is.
     *
     * @throws IOException if it cannot be read at all
     */
    public Optional<String> objection(Path jar) throws IOException {
        try {
            JarContent.check(jar);
            Set<CodeSigner> all = SignedJar.signers(jar);
            RevocationLists revoked = revocationLists();
            var objections = new ArrayList<String>();
            for (CodeSigner signer : all) {
                CertificateChain chain = CertificateChain.of(signer.getSignerCertPath(), signers);
                try {
                    check(chain, signer.getTimestamp(), revoked);
                    return Optional.empty();
                } catch (Objection e) {
                    objections.add("its signer " + chain.name() + " " + e.getMessage());
                }
            }
            return Optional.of(String.join("; ", objections));
        } catch (Objection e) {
            return Optional.of(e.getMessage());
        }
    }

    /** The reasons go to a peer, who has no use for the names of files here. */
    private RevocationLists revocationLists() throws Objection {
        try {
            return RevocationLists.read(lists);
        } catch (MachineException e) {
            LOG.error("no bundle can be installed: {}", e.getMessage());
            throw new Objection("a revocation list cannot be read at the destination, whose log says why");
        }
    }

    private void check(CertificateChain chain, Timestamp stamp, RevocationLists revoked) throws Objection {
        Instant when = Instant.now();
        String note = "";
        if (stamp != null) {
            try {
                checkStamp(stamp, revoked);
                when = stamp.getTimestamp().toInstant();
            } catch (Objection e) {
                note = "; its time stamp does not count, since its authority "
                    + CertificateChain.of(stamp.getSignerCertPath(), authorities).name() + " " + e.getMessage();
            }
        }
        try {
            chain.checkTrust(when);
        } catch (Objection e) {
            throw new Objection(e.getMessage() + note);
        }
        chain.checkUsage(CODE_SIGNING, "signing code", false);
        chain.checkRevocation(revoked);
    }

    /** An authority must be valid still, since whoever gets an old key could stamp any time with it. */
    private void checkStamp(Timestamp stamp, RevocationLists revoked) throws Objection {
        CertificateChain chain = CertificateChain.of(stamp.getSignerCertPath(), authorities);
        Instant stamped = stamp.getTimestamp().toInstant();
        if (stamped.isAfter(Instant.now().plus(SKEW))) {
            throw new Objection("has stamped a time to come");
        }
        if (authorities.isEmpty()) {
            throw new Objection("is not trusted here");
        }
        chain.checkTrust(stamped);
        chain.checkTrust(Instant.now());
        chain.checkUsage(TIME_STAMPING, "time stamps", true);
        chain.checkRevocation(revoked);
    }
}
