package org.sterna.provisioning.internal.signature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.SignatureRules;

/**
 * Real jars, signed by what is in the JDK's jarsigner, and then changed in every way that an attacker would think of.
 */
class TrustTest {
    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    private static final String TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

    private static Signer ours;
    private static Signer stranger;
    private Trust trust;
    @TempDir
    Path folder;
    private Path jar;

    @BeforeAll
    static void makeKeys() throws Exception {
        ours = Signer.of("ours");
        stranger = Signer.of("stranger");
    }

    @BeforeEach
    void aJar() throws Exception {
        trust = trusting(ours);
        jar = folder.resolve("a.jar");
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "a");
        try (OutputStream out = Files.newOutputStream(jar); var entries = new JarOutputStream(out, manifest)) {
            for (String name : new String[] {"a/A.class", "META-INF/maven/pom.xml", "OSGI-INF/a.xml"}) {
                entries.putNextEntry(new JarEntry(name));
                entries.write(name.getBytes());
            }
        }
    }

    private static Trust trusting(Path... files) {
        return Trust.of(new SignatureRules(List.of(files), List.of(), List.of()));
    }

    private Trust trusting(Signer signer) throws Exception {
        return Trust.of(SignatureRules.trusting(signer.certificate(folder)));
    }

    private Trust trusting(Signer signer, List<Path> lists, List<Signer> authorities) throws Exception {
        var files = new ArrayList<Path>();
        for (Signer authority : authorities) {
            files.add(authority.certificate(folder));
        }
        return Trust.of(new SignatureRules(List.of(signer.certificate(folder)), lists, files));
    }

    private interface Change {
        void apply(Path root) throws IOException;
    }

    private void change(Change change) throws IOException {
        try (var files = FileSystems.newFileSystem(jar)) {
            change.apply(files.getPath("/"));
        }
    }

    private void assertRefused(String why) throws IOException {
        assertRefused(trust, why);
    }

    private void assertTaken(Trust by) throws IOException {
        assertEquals(Optional.empty(), by.objection(jar));
    }

    private void assertRefused(Trust by, String why) throws IOException {
        Optional<String> objection = by.objection(jar);
        assertTrue(objection.isPresent() && objection.get().contains(why), objection.toString());
    }

    @Test
    void whatASignerOfOursHasSignedIsTaken() throws Exception {
        ours.sign(jar);
        assertEquals(Optional.empty(), trust.objection(jar));
    }

    @Test
    void whatNobodyHasSignedIsNot() throws Exception {
        assertRefused("it is not signed");
    }

    @Test
    void norWhatAStrangerHasSigned() throws Exception {
        stranger.sign(jar);
        assertRefused("its signer CN=stranger is not trusted here");
    }

    @Test
    void oneSignerOfSeveralIsEnough() throws Exception {
        stranger.sign(jar);
        ours.sign(jar);
        assertEquals(Optional.empty(), trust.objection(jar));
    }

    @Test
    void anEntryWithAnotherContent() throws Exception {
        ours.sign(jar);
        change(root -> Files.writeString(root.resolve("a/A.class"), "evil"));
        assertRefused("it is not what was signed");
    }

    @Test
    void anEntryThatWasPutIn() throws Exception {
        ours.sign(jar);
        change(root -> Files.writeString(root.resolve("a/B.class"), "evil"));
        assertRefused("its entry a/B.class is not signed");
    }

    @Test
    void anEntryThatWasTakenOut() throws Exception {
        ours.sign(jar);
        change(root -> Files.delete(root.resolve("OSGI-INF/a.xml")));
        assertRefused("its entry OSGI-INF/a.xml has been taken out");
    }

    @Test
    void anotherHeaderInTheManifest() throws Exception {
        ours.sign(jar);
        change(root -> {
            Path manifest = root.resolve("META-INF/MANIFEST.MF");
            Files.writeString(manifest, Files.readString(manifest)
                .replace("Bundle-SymbolicName: a", "Bundle-SymbolicName: b"));
        });
        assertRefused("it is not what was signed");
    }

    @Test
    void aSignatureThatWasTakenOff() throws Exception {
        ours.sign(jar);
        change(root -> Files.delete(root.resolve("META-INF/OURS.EC")));
        assertRefused("it is not signed");
    }

    @Test
    void anEntryThatOnlyAStrangerHasSigned() throws Exception {
        ours.sign(jar);
        change(root -> Files.writeString(root.resolve("a/B.class"), "evil"));
        stranger.sign(jar);
        assertRefused("not trusted here");
    }

    @Test
    void whomTheTrustedOnesVouchForIsTrusted() throws Exception {
        Signer authority = new Signer.Builder("authority").authority().make();
        new Signer.Builder("member").issuedBy(authority).make().sign(jar);
        assertRefused("its signer CN=member is not trusted here");
        assertTaken(trusting(authority));
    }

    @Test
    void whoIsTrustedCannotVouchForOthersUnlessTheCertificateSaysSo() throws Exception {
        new Signer.Builder("friend").issuedBy(ours).make().sign(jar);
        assertRefused("its signer CN=friend is not trusted here");
    }

    @Test
    void aCertificateThatHasExpired() throws Exception {
        Signer old = new Signer.Builder("old").valid(-10, -5).make();
        old.sign(jar);
        assertRefused(trusting(old), "its signer CN=old has a certificate that is not valid after " + old.x509()
            .getNotAfter().toInstant());
    }

    @Test
    void aCertificateThatIsNotYetValid() throws Exception {
        Signer early = new Signer.Builder("early").valid(5, 10).make();
        early.sign(jar);
        assertRefused(trusting(early), "its signer CN=early has a certificate that is not valid before "
            + early.x509().getNotBefore().toInstant());
    }

    @Test
    void anAuthorityThatHasExpiredVouchesForNobody() throws Exception {
        Signer authority = new Signer.Builder("authority").authority().make();
        Signer between = new Signer.Builder("between").authority().issuedBy(authority).valid(-10, -5).make();
        new Signer.Builder("member").issuedBy(between).make().sign(jar);
        assertRefused(trusting(authority), "its signer CN=member is vouched for by a certificate that is not in date");
    }

    @Test
    void aCertificateForSomethingElse() throws Exception {
        for (KeyPurposeId purpose : List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_timeStamping)) {
            aJar();
            Signer other = new Signer.Builder("other").purposes(purpose).make();
            other.sign(jar);
            assertRefused(trusting(other),
                "its signer CN=other has a certificate that is not for signing code (extended key usage)");
        }
        // This the JDK refuses by itself, without a word of why.
        aJar();
        Signer other = new Signer.Builder("other").usage(KeyUsage.keyEncipherment).make();
        other.sign(jar);
        assertRefused(trusting(other), "its signature is none that this Java accepts");
        var chain = new CertificateChain(other.chain(), Set.of(other.x509()));
        var objection = assertThrows(Objection.class, () -> chain.checkUsage(CODE_SIGNING, "signing code", false));
        assertEquals("has a certificate that is not for signatures (key usage)", objection.getMessage());
    }

    @Test
    void aCertificateForSignaturesOnCode() throws Exception {
        for (Signer.Builder builder : List.of(new Signer.Builder("right").usage(KeyUsage.digitalSignature),
                new Signer.Builder("right").purposes(KeyPurposeId.id_kp_codeSigning),
                new Signer.Builder("right").purposes(KeyPurposeId.anyExtendedKeyUsage),
                new Signer.Builder("right").purposes(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_codeSigning))) {
            aJar();
            Signer right = builder.make();
            right.sign(jar);
            assertTaken(trusting(right));
        }
    }

    @Test
    void aCertificateThatWasRevoked() throws Exception {
        Signer authority = new Signer.Builder("authority").authority().make();
        Signer bad = new Signer.Builder("bad").issuedBy(authority).make();
        Signer good = new Signer.Builder("good").issuedBy(authority).make();
        Path list = RevocationListFile.write(folder.resolve("list"), authority, bad);
        bad.sign(jar);
        assertTaken(trusting(authority));
        Trust checking = trusting(authority, List.of(list), List.of());
        assertRefused(checking, "its signer CN=bad has a certificate that was revoked on ");
        aJar();
        good.sign(jar);
        assertTaken(checking);
        RevocationListFile.write(list, authority, bad, good);
        assertRefused(checking, "its signer CN=good has a certificate that was revoked on ");
        Files.delete(list);
        assertRefused(checking, "a revocation list cannot be read at the destination");
    }

    @Test
    void aTrustedCertificateCanBeRevokedToo() throws Exception {
        ours.sign(jar);
        Path list = RevocationListFile.write(folder.resolve("list"), ours, ours);
        assertRefused(trusting(ours, List.of(list), List.of()),
            "its signer CN=ours has a certificate that was revoked on ");
        Path others = RevocationListFile.write(folder.resolve("others"), stranger, stranger);
        assertTaken(trusting(ours, List.of(others), List.of()));
    }

    @Test
    void aRevocationListMustBeThereInDateAndOfTheIssuer() throws Exception {
        Signer authority = new Signer.Builder("issuer").authority().make();
        new Signer.Builder("issued").issuedBy(authority).make().sign(jar);
        Path list = folder.resolve("list");
        RevocationListFile.write(list, stranger);
        assertRefused(trusting(authority, List.of(list), List.of()), "the revocation list of CN=issuer is missing");
        RevocationListFile.write(list, authority, Instant.now().minusSeconds(60), false);
        assertRefused(trusting(authority, List.of(list), List.of()), "the revocation list of CN=issuer is out of date");
        Signer namesake = new Signer.Builder("issuer").authority().make();
        RevocationListFile.write(list, namesake);
        assertRefused(trusting(authority, List.of(list), List.of()), "the revocation list of CN=issuer is missing");
    }

    @Test
    void whatIsNoCompleteRevocationListIsSaidAtOnce() throws Exception {
        Path changes = RevocationListFile.write(folder.resolve("changes"), ours, Instant.now().plusSeconds(60), true);
        for (var wrong : Map.of(changes, "a list of changes", folder.resolve("none"), "no such file",
                Files.writeString(folder.resolve("text"), "text"), "", ours.certificate(folder), "").entrySet()) {
            var refusal = assertThrows(MachineException.class, () ->
                trusting(ours, List.of(wrong.getKey()), List.of()));
            assertEquals(MachineException.Kind.USAGE, refusal.kind());
            assertTrue(refusal.getMessage().contains(wrong.getValue()), refusal.getMessage());
        }
    }

    private static Signer clock(String name, int first, int last) throws Exception {
        return new Signer.Builder(name).valid(first, last).purposes(KeyPurposeId.id_kp_timeStamping).make();
    }

    @Test
    void aTimeStampSaysWhenTheCertificateMustHaveBeenValid() throws Exception {
        Signer old = new Signer.Builder("stamped").valid(-10, -5).make();
        Signer authority = clock("clock", -20, 20);
        try (var server = new StampingServer(authority, Instant.now().minus(Duration.ofDays(7)))) {
            old.sign(jar, server.uri());
        }
        assertTaken(trusting(old, List.of(), List.of(authority)));
        assertRefused(trusting(old), "not valid after " + old.x509().getNotAfter().toInstant()
            + "; its time stamp does not count, since its authority CN=clock is not trusted here");
        assertRefused(trusting(old, List.of(), List.of(stranger)), "its authority CN=clock is not trusted here");
        Path list = RevocationListFile.write(folder.resolve("list"), authority, authority);
        assertRefused(trusting(old, List.of(list), List.of(authority)),
            "its authority CN=clock has a certificate that was revoked on ");
    }

    @Test
    void aTimeStampOfATimeWhenTheCertificateWasNotValid() throws Exception {
        Signer old = new Signer.Builder("late").valid(-10, -5).make();
        Signer authority = clock("lateClock", -20, 20);
        try (var server = new StampingServer(authority, Instant.now().minus(Duration.ofDays(3)))) {
            old.sign(jar, server.uri());
        }
        assertRefused(trusting(old, List.of(), List.of(authority)), "not valid after " + old.x509().getNotAfter()
            .toInstant());
    }

    @Test
    void aTimeStampOfAnAuthorityThatHasExpired() throws Exception {
        Signer old = new Signer.Builder("stale").valid(-10, -5).make();
        Signer authority = clock("staleClock", -20, -5);
        try (var server = new StampingServer(authority, Instant.now().minus(Duration.ofDays(7)))) {
            old.sign(jar, server.uri());
        }
        assertRefused(trusting(old, List.of(), List.of(authority)),
            "its authority CN=staleClock has a certificate that is not valid after");
    }

    @Test
    void aTimeStampOfATimeToCome() throws Exception {
        Signer early = new Signer.Builder("soon").valid(5, 10).make();
        Signer authority = clock("fastClock", -20, 20);
        try (var server = new StampingServer(authority, Instant.now().plus(Duration.ofDays(7)))) {
            early.sign(jar, server.uri());
        }
        assertRefused(trusting(early, List.of(), List.of(authority)),
            "its authority CN=fastClock has stamped a time to come");
    }

    /** jarsigner does not take a stamp of somebody who has no such certificate, but an attacker needs no jarsigner. */
    @Test
    void aTimeStampOfSomebodyWhoIsNoAuthority() throws Exception {
        var chain = new CertificateChain(List.of(ours.x509()), Set.of(ours.x509()));
        var objection = assertThrows(Objection.class, () -> chain.checkUsage(TIME_STAMPING, "time stamps", true));
        assertTrue(objection.getMessage().contains("not for time stamps"), objection.getMessage());
    }

    @Test
    void aTimeStampDoesNotHelpWhoWasRevoked() throws Exception {
        Signer revoked = Signer.of("revoked");
        Signer authority = clock("goodClock", -20, 20);
        try (var server = new StampingServer(authority, Instant.now())) {
            revoked.sign(jar, server.uri());
        }
        Path list = RevocationListFile.write(folder.resolve("list"), revoked, revoked);
        assertTaken(trusting(revoked, List.of(), List.of(authority)));
        assertRefused(trusting(revoked, List.of(list), List.of(authority)), "was revoked on");
    }

    private void write(String name, long length) throws IOException {
        change(root -> {
            try (OutputStream out = Files.newOutputStream(root.resolve(name))) {
                byte[] zeros = new byte[1 << 20];
                for (long left = length; left > 0; left -= zeros.length) {
                    out.write(zeros, 0, (int) Math.min(left, zeros.length));
                }
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"META-INF/MANIFEST.MF, 9", "META-INF/OURS.SF, 9", "META-INF/MORE.EC, 9", "a/A.class, 257"})
    void anEntryThatIsFarLongerThanTheJar(String entry, long mebibytes) throws Exception {
        ours.sign(jar);
        write(entry, mebibytes << 20);
        assertTrue(Files.size(jar) < 1 << 20);
        assertRefused("its entry " + entry + " is too long when it is decompressed");
    }

    @Test
    void anEntryThatIsThereTwice() throws Exception {
        ours.sign(jar);
        change(root -> Files.writeString(root.resolve("a/B.class"), "evil"));
        byte[] bytes = Files.readAllBytes(jar);
        byte[] name = "a/B.class".getBytes();
        for (int at = 0; at + name.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + name.length, name, 0, name.length)) {
                bytes[at + 2] = 'A';
            }
        }
        Files.write(jar, bytes);
        assertRefused("it has the entry a/A.class twice");
    }

    @Test
    void moreEntriesOrSignaturesThanAnybodyNeeds() throws Exception {
        ours.sign(jar);
        change(root -> {
            for (int i = 0; i < 8; i++) {
                Files.writeString(root.resolve("META-INF/S" + i + ".SF"), "");
            }
        });
        assertRefused("it has more than 8 signatures");
        change(root -> {
            for (int i = 0; i <= 20_000; i++) {
                Files.writeString(root.resolve("a/" + i), "");
            }
        });
        assertRefused("it has more than 20000 entries");
    }

    @Test
    void aKeyStoreOfCertificatesDoesAsWell() throws Exception {
        KeyStore store = keyStore();
        store.setCertificateEntry("ours", ours.x509());
        assertEquals(trust, trusting(write(store)));
    }

    private static KeyStore keyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private Path write(KeyStore store) throws Exception {
        Path file = folder.resolve("store.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "changeit".toCharArray());
        }
        return file;
    }

    /** Keys of one's own are no reason to trust anybody. */
    private Path ownKeys() throws Exception {
        KeyStore store = keyStore();
        store.setKeyEntry("ours", ours.keys().getPrivate(), "changeit".toCharArray(),
            new X509Certificate[] {ours.x509()});
        return write(store);
    }

    @Test
    void whatHoldsNoCertificateIsSaidAtOnce() throws Exception {
        for (var wrong : Map.of(folder.resolve("none"), "no such file", ownKeys(), "no trusted certificate",
                Files.writeString(folder.resolve("text"), "text"), "").entrySet()) {
            var refusal = assertThrows(MachineException.class, () -> trusting(wrong.getKey()));
            assertEquals(MachineException.Kind.USAGE, refusal.kind());
            assertTrue(refusal.getMessage().contains(wrong.getValue()), refusal.getMessage());
        }
    }

    @Test
    void ofSeveralFilesAllMustBeRight() throws Exception {
        Path ourCertificate = ours.certificate(folder);
        Path own = ownKeys();
        assertEquals(2, trusting(ourCertificate, stranger.certificate(folder)).signers().size());
        var refusal = assertThrows(MachineException.class, () -> trusting(ourCertificate, folder.resolve("none"), own));
        assertEquals(List.of("trust " + folder.resolve("none"), "trust " + own),
            refusal.reasons().stream().map(Reason::subject).toList());
        assertThrows(MachineException.class, () -> trusting(), "nobody is not everybody");
    }
}
