package org.sterna.provisioning.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/** Real jars, signed by the JDK's tools, and then changed in every way that an attacker would think of. */
class TrustTest {
    @TempDir
    static Path keys;
    private static Signer ours;
    private static Signer stranger;
    private static Trust trust;
    @TempDir
    Path folder;
    private Path jar;

    @BeforeAll
    static void makeKeys() throws Exception {
        ours = Signer.of(keys, "ours");
        stranger = Signer.of(keys, "stranger");
        trust = Trust.of(ours.certificate());
    }

    @BeforeEach
    void aJar() throws IOException {
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

    private interface Change {
        void apply(Path root) throws IOException;
    }

    private void change(Change change) throws IOException {
        try (var files = FileSystems.newFileSystem(jar)) {
            change.apply(files.getPath("/"));
        }
    }

    private void assertRefused(String why) throws IOException {
        Optional<String> objection = trust.objection(jar);
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
            Files.writeString(manifest, Files.readString(manifest).replace("Bundle-SymbolicName: a", "Bundle-SymbolicName: b"));
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
        Signer authority = Signer.of(keys, "authority", "-ext", "bc:c");
        Signer member = Signer.of(keys, "member");
        Path request = keys.resolve("request");
        Path answer = keys.resolve("answer");
        member.keytool("-certreq", "-alias", "member", "-file", request.toString());
        authority.keytool("-gencert", "-alias", "authority", "-infile", request.toString(), "-outfile", answer.toString());
        member.keytool("-importcert", "-noprompt", "-alias", "authority", "-file", authority.certificate().toString());
        member.keytool("-importcert", "-alias", "member", "-file", answer.toString());
        member.sign(jar);
        assertRefused("its signer CN=member is not trusted here");
        assertEquals(Optional.empty(), Trust.of(authority.certificate()).objection(jar));
    }

    @Test
    void aCertificateThatHasExpired() throws Exception {
        Signer old = Signer.of(keys, "old", "-startdate", "-10d", "-validity", "5");
        old.sign(jar);
        Optional<String> objection = Trust.of(old.certificate()).objection(jar);
        assertTrue(objection.isPresent() && objection.get().contains("not valid"), objection.toString());
    }

    @Test
    void aKeyStoreOfCertificatesDoesAsWell() throws Exception {
        var store = new Signer(keys.resolve("trusted.p12"), "trusted");
        store.keytool("-importcert", "-noprompt", "-alias", "ours", "-file", ours.certificate().toString());
        assertEquals(trust, Trust.of(store.store()));
    }

    @Test
    void whatHoldsNoCertificateIsSaidAtOnce() throws Exception {
        for (var wrong : Map.of(folder.resolve("none"), "no such file", ours.store(), "no trusted certificate",
                Files.writeString(folder.resolve("text"), "text"), "").entrySet()) {
            var refusal = assertThrows(MachineException.class, () -> Trust.of(wrong.getKey()));
            assertEquals(MachineException.Kind.USAGE, refusal.kind());
            assertTrue(refusal.getMessage().contains(wrong.getValue()), refusal.getMessage());
        }
    }

    @Test
    void ofSeveralFilesAllMustBeRight() throws Exception {
        Path ourCertificate = ours.certificate();
        assertEquals(2, Trust.of(List.of(ourCertificate, stranger.certificate())).certificates().size());
        var refusal = assertThrows(MachineException.class,
            () -> Trust.of(List.of(ourCertificate, folder.resolve("none"), ours.store())));
        assertEquals(List.of("trust " + folder.resolve("none"), "trust " + ours.store()),
            refusal.reasons().stream().map(Reason::subject).toList());
        assertThrows(MachineException.class, () -> Trust.of(List.of()), "nobody is not everybody");
    }
}
