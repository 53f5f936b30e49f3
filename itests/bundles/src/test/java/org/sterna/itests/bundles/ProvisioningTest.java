package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.osgi.repository.ResourcesRepository;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.repository.Repository;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.Provisioner;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Provision;
import org.sterna.provisioning.Provisioning;
import org.sterna.provisioning.SignatureRules;

/**
 * A destination that lacks the disk's bundle in the version that its operator wants, with a repository of real jars.
 */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class ProvisioningTest {
    private static final String DISK = "/virtio-blk@0";
    private static final String CLOCK = "/pvclock@0";
    private static final String BLOCK_BUNDLE = "org.sterna.device.virtio-blk";
    private static final String WANTED = "1.0.0";

    @TempDir
    static Path keys;
    private static Signer ours;
    private static Signer stranger;
    private static Path trusted;
    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @InjectService(timeout = 10_000)
    Provisioning provisioning;
    @InjectService(timeout = 10_000)
    ConfigurationAdmin admin;
    @TempDir
    Path folder;
    private final List<Bundle> before = new ArrayList<>();
    private JarRepository repository;
    private Path jar;
    private Drill drill;
    private Path console;

    @BeforeAll
    static void makeKeys() throws Exception {
        ours = Signer.of(keys, "ours");
        stranger = Signer.of(keys, "stranger");
        trusted = ours.certificate();
    }

    @BeforeEach
    void aRepository() throws IOException {
        before.addAll(List.of(context.getBundles()));
        repository = new JarRepository(Files.createDirectory(folder.resolve("repository")));
        jar = repository.put(Checkout.file("cnf/release/" + WANTED + "/" + BLOCK_BUNDLE + "-" + WANTED + ".jar"));
        drill = new Drill(folder);
        console = drill.console();
    }

    @AfterEach
    void uninstall() throws BundleException {
        for (Bundle bundle : brought()) {
            bundle.uninstall();
        }
    }

    /** What has been installed since the test began. */
    private List<Bundle> brought() {
        return Arrays.stream(context.getBundles()).filter(bundle -> !before.contains(bundle)).toList();
    }

    private Machine running(Map<String, String> versions) throws IOException {
        return drill.boot(machines, console, drill.definition("virt-1.0", console, versions));
    }

    private static Map<String, Map<String, String>> wanting(String path, String version) {
        return Map.of(path, Map.of(Machines.BUNDLE, version));
    }

    private MigrationStatus migrate(Machine machine, Map<String, Map<String, String>> host,
            CompletableFuture<Machine> arrived)
            throws Exception {
        var options = new ReceiveOptions("there", host, arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE);
        try (var receiver = migrations.receive(new Endpoint.Unix(folder.resolve("there")), options)) {
            return migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT).result()
                .get(60, TimeUnit.SECONDS);
        }
    }

    private void theGuestIsWell() throws IOException {
        long seen = Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
    }

    private static String version(Machine machine, String path) {
        return machine.parts().stream().filter(part -> part.path().equals(path)).map(Part::version).findFirst()
            .orElseThrow()
            .toString();
    }

    private void comes(String from) throws Exception {
        try (var open = provisioning.provide(List.of(from), trusted)) {
            comes();
        }
    }

    private void comes() throws Exception {
        try (Machine machine = running(Map.of())) {
            var arrived = new CompletableFuture<Machine>();
            MigrationStatus status = migrate(machine, wanting(DISK, WANTED), arrived);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            assertEquals(List.of(new Provision(DISK, BLOCK_BUNDLE, WANTED, true)), status.verdict().provisions());
            try (Machine there = arrived.get(10, TimeUnit.SECONDS)) {
                assertEquals(WANTED, version(there, DISK));
                theGuestIsWell();
            }
        }
        assertEquals(List.of(BLOCK_BUNDLE), brought().stream().map(Bundle::getSymbolicName).toList());
    }

    @Test
    void aSignedJarComesFromAnIndexInAFile() throws Exception {
        ours.sign(jar);
        repository.makeIndex();
        comes(repository.index().toString());
    }

    @Test
    void aSignedJarComesOverHttp() throws Exception {
        ours.sign(jar);
        repository.makeIndex();
        HttpServer server = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(),
            0),
            repository.folder(), SimpleFileServer.OutputLevel.NONE);
        server.start();
        try {
            comes("http://localhost:" + server.getAddress().getPort() + "/index.xml");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatTheExampleOfThePageConfiguresIsUsedAndEndsWithIt() throws Exception {
        ours.sign(jar);
        repository.makeIndex();
        String example = Arrays.stream(Files.readString(Checkout.file("docs/osgi.md")).split("```\n"))
            .filter(block -> block.startsWith("repositories=")).findFirst().orElseThrow()
            .replace("/srv/bundles/index.xml", repository.index().toString())
                .replace("/srv/me.pem", trusted.toString());
        assertTrue(example.contains(repository.index().toString()) && example.contains(trusted.toString()), example);
        Path watched = Files.createDirectory(folder.resolve("etc"));
        Configuration watcher = admin.createFactoryConfiguration("org.apache.felix.fileinstall", "?");
        watcher.update(new Hashtable<>(Map.of("felix.fileinstall.dir", watched.toString(), "felix.fileinstall.poll",
            "100",
            "felix.fileinstall.tmpdir", folder.resolve("tmp").toString())));
        try {
            Path file = Files.writeString(watched.resolve("org.sterna.provisioning.config"), example);
            awaitProvisioner(reference -> reference != null);
            comes();
            Files.delete(file);
            awaitProvisioner(reference -> reference == null);
        } finally {
            watcher.delete();
        }
    }

    @Test
    void servicesOfTheFrameworkAreAskedIfTheConfigurationSaysSo() throws Exception {
        ours.sign(jar);
        var offered = new ResourcesRepository(List.of(JarRepository.resource(jar)));
        var service = context.registerService(Repository.class, offered, new Hashtable<>(Map.of("place", "here")));
        var other = context.registerService(Repository.class, new ResourcesRepository(),
            new Hashtable<>(Map.of("place", "there")));
        Configuration configuration = admin.getConfiguration("org.sterna.provisioning", "?");
        try {
            configure(configuration, Map.of("services.target", "(place=there)", "trust", trusted.toString()), true);
            try (Machine machine = running(Map.of())) {
                MigrationStatus status = migrate(machine, wanting(DISK, WANTED), new CompletableFuture<>());
                assertTrue(status.reasons().toString().contains("nothing in the repository offers virtio-blk"),
                    status.reasons().toString());
            }
            console = drill.console();
            configure(configuration, Map.of("services.target", "(objectClass=*)", "trust", trusted.toString()), true);
            comes();
        } finally {
            configuration.delete();
            awaitProvisioner(reference -> reference == null);
            service.unregister();
            other.unregister();
        }
    }

    /** What is installed for the guest must not disturb whoever waits for it. */
    @Test
    void aConfigurationThatWaitsForItsGuestGetsWhatItLacks() throws Exception {
        ours.sign(jar);
        Configuration configuration = admin.getConfiguration("org.sterna.provisioning", "?");
        try (var configured = new Configured(context, admin); Machine machine = running(Map.of())) {
            configure(configuration,
                Map.of("repositories", repository.folder().toString(), "trust", trusted.toString()), true);
            String[] devices = Drill.devices(console, drill.disk(console));
            devices[2] += "," + Machines.BUNDLE + "=" + WANTED;
            var waiting = new HashMap<>(drill.configuration("virt-1.0", console));
            Path there = folder.resolve("there");
            waiting.putAll(Map.of("devices", devices, "receive", "unix:" + there, "snapshots", folder.toString()));
            configured.put("waiting", waiting);
            configured.await("waiting", made -> made.reasons().toString().contains("waited for"));
            MigrationStatus status = migrations.migrate(machine, new Endpoint.Unix(there), MigrationOptions.DEFAULT)
                .result()
                .get(60, TimeUnit.SECONDS);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            assertEquals(List.of(new Provision(DISK, BLOCK_BUNDLE, WANTED, true)), status.verdict().provisions());
            assertEquals(WANTED, version(configured.awaitRunning("waiting"), DISK));
            theGuestIsWell();
        } finally {
            configuration.delete();
            awaitProvisioner(reference -> reference == null);
        }
    }

    @Test
    void aConfigurationThatIsWrongIsRefusedAsAWhole() throws Exception {
        Files.createFile(repository.index());
        String index = repository.index().toString();
        String certificate = trusted.toString();
        Configuration configuration = admin.getConfiguration("org.sterna.provisioning", "?");
        try {
            for (Map<String, Object> wrong : List.<Map<String, Object>>of(
                    Map.of("repositories", index),
                    Map.of("repositories", index, "trust",
                        new String[] {certificate, folder.resolve("none").toString()}),
                    Map.of("repositories", index, "trust", index),
                    Map.of("trust", certificate),
                    Map.of("repositories", "ftp://example.com/index.xml", "trust", certificate),
                    Map.of("repositories", new String[] {index, folder.resolve("none").toString()}, "trust",
                        certificate),
                    Map.of("repositories", index, "trust", certificate, "services.target", "all"))) {
                configure(configuration, Map.of("repositories", index, "trust", certificate), true);
                configure(configuration, wrong, false);
            }
        } finally {
            configuration.delete();
            awaitProvisioner(reference -> reference == null);
        }
    }

    /** Changes the configuration, and waits until it is in force or refused. */
    private void configure(Configuration configuration, Map<String, Object> properties,
            boolean right) throws Exception {
        ServiceReference<Provisioner> old = context.getServiceReference(Provisioner.class);
        configuration.update(new Hashtable<>(properties));
        awaitProvisioner(reference -> right ? reference != null && !reference.equals(old) : reference == null);
    }

    private void awaitProvisioner(Predicate<ServiceReference<Provisioner>> condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.test(context.getServiceReference(Provisioner.class))) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain: "
                + context.getServiceReference(Provisioner.class));
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void aCheckInstallsNothing() throws Exception {
        ours.sign(jar);
        try (Machine machine = running(Map.of()); var open = provisioning.provide(List.of(repository.folder()
                .toString()),
                trusted)) {
            Verdict verdict = migrations.answer(migrations.declare(machine, Set.of()), wanting(DISK, WANTED));
            assertEquals(Verdict.Outcome.BLOCKED, verdict.outcome());
            assertEquals(List.of(new Provision(DISK, BLOCK_BUNDLE, WANTED, false)), verdict.provisions());
            assertEquals(List.of(), brought());
            theGuestIsWell();
        }
    }

    @Test
    void withoutARepositoryNothingIsLookedFor() throws Exception {
        try (Machine machine = running(Map.of())) {
            MigrationStatus status = migrate(machine, wanting(DISK, WANTED), new CompletableFuture<>());
            assertEquals(List.of("no virtio-blk 1.0.0 is installed"), status.reasons().stream().map(Reason::cause)
                .toList());
            theGuestIsWell();
        }
    }

    /** A migration is refused with a reason, nothing is installed, and the guest runs on. */
    private void refused(String from, String why) throws Exception {
        try (Machine machine = running(Map.of()); var open = provisioning.provide(List.of(from), trusted)) {
            MigrationStatus status = migrate(machine, wanting(DISK, WANTED), new CompletableFuture<>());
            assertEquals(MigrationStatus.Phase.FAILED, status.phase());
            assertTrue(status.reasons().stream().anyMatch(reason -> reason.toString().contains(why)),
                status.reasons().toString());
            assertEquals(List.of(), status.verdict().provisions());
            assertEquals(List.of(), brought());
            assertEquals(Machine.Phase.RUNNING, machine.phase());
            theGuestIsWell();
        }
    }

    @Test
    void anUnsignedJarIsRefused() throws Exception {
        repository.makeIndex();
        refused(repository.index().toUri().toString(),
            DISK + ": the destination's repository has " + BLOCK_BUNDLE + " 1.0.0, which is refused: it is not signed");
    }

    @Test
    void aStrangersJarIsRefused() throws Exception {
        stranger.sign(jar);
        repository.makeIndex();
        refused(repository.index().toString(), "its signer CN=stranger is not trusted here");
    }

    @Test
    void aJarThatIsNotTheIndexsIsRefused() throws Exception {
        ours.sign(jar);
        repository.makeIndex();
        tamper();
        refused(repository.index().toString(), "its SHA-256 is not the one that its repository says");
    }

    @Test
    void aJarThatIsNotWhatWasSignedIsRefused() throws Exception {
        ours.sign(jar);
        tamper();
        repository.makeIndex();
        refused(repository.index().toString(), "it is not what was signed");
    }

    private void tamper() throws IOException {
        try (var files = FileSystems.newFileSystem(jar)) {
            Files.writeString(files.getPath("META-INF/maven/org.sterna/" + BLOCK_BUNDLE + "/pom.xml"), "evil");
        }
    }

    /** The digest would tell the source what is in a file here. */
    @Test
    void anIndexOnAServerThatNamesAFileOfThisHostIsRefused() throws Exception {
        ours.sign(jar);
        repository.makeIndex();
        Path elsewhere = Files.copy(jar, folder.resolve("elsewhere.jar"));
        String index = Files.readString(repository.index())
            .replaceAll("(osgi.content\" value=\")[0-9A-Fa-f]+", "$1" + "0".repeat(64));
        assertTrue(index.contains("\"" + jar.getFileName() + "\""), index);
        Files.writeString(repository.index(),
            index.replace("\"" + jar.getFileName() + "\"", "\"" + elsewhere.toUri() + "\""));
        HttpServer server = SimpleFileServer.createFileServer(new InetSocketAddress(InetAddress.getLoopbackAddress(),
            0),
            repository.folder(), SimpleFileServer.OutputLevel.NONE);
        server.start();
        try {
            refused("http://localhost:" + server.getAddress().getPort() + "/index.xml",
                BLOCK_BUNDLE + " 1.0.0 is not read: it is not on the server of the index");
        } finally {
            server.stop(0);
        }
    }

    /** An old version that was signed once is signed for ever; it is not to come under the name of a new one. */
    @Test
    void aJarOfAnotherVersionThanTheIndexSaysIsRefused() throws Exception {
        Files.delete(jar);
        ours.sign(repository.put(Checkout.file("cnf/release/1.1.0/" + BLOCK_BUNDLE + "-1.1.0.jar")));
        repository.makeIndex();
        String index = Files.readString(repository.index());
        assertTrue(index.contains("value=\"1.1.0\""), index);
        Files.writeString(repository.index(), index.replace("value=\"1.1.0\"", "value=\"1.0.0\""));
        refused(repository.index().toString(), "the jar is of " + BLOCK_BUNDLE + " 1.1.0");
    }

    @Test
    void aRevokedSignerIsRefused() throws Exception {
        ours.sign(jar);
        String serial = ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(
            new ByteArrayInputStream(Files.readAllBytes(trusted)))).getSerialNumber().toString();
        Path list = folder.resolve("list");
        ours.keytool("-gencrl", "-alias", "ours", "-id", serial, "-file", list.toString());
        var rules = new SignatureRules(List.of(trusted), List.of(list), List.of());
        try (Machine machine = running(Map.of());
                var open = provisioning.provide(List.of(repository.folder().toString()), rules)) {
            Verdict verdict = migrations.answer(migrations.declare(machine, Set.of()), wanting(DISK, WANTED));
            assertTrue(verdict.reasons().toString()
                .contains("its signer CN=ours has a certificate that was revoked on "),
                verdict.reasons().toString());
            assertEquals(List.of(), verdict.provisions());
        }
    }

    @Test
    void aJarThatIsNotThereIsNamed() throws Exception {
        repository.makeIndex();
        Files.delete(jar);
        refused(repository.index().toString(), BLOCK_BUNDLE + " 1.0.0 cannot be read: there is no such file");
    }

    @Test
    void aRepositoryThatIsDownIsNamed() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        int port = server.getAddress().getPort();
        server.start();
        server.stop(0);
        refused("http://localhost:" + port + "/index.xml", "the repository's index cannot be read");
    }

    @Test
    void whatIsNoIndexIsSaidToBeNone() throws Exception {
        Files.writeString(repository.index(),
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:/etc/passwd'>]><repository>&b;</repository>");
        refused(repository.index().toString(), "this is no index of an OSGi repository");
    }

    @Test
    void aRepositoryWithOtherVersionsSaysWhich() throws Exception {
        Files.delete(jar);
        repository.put(Checkout.file("cnf/release/1.1.0/" + BLOCK_BUNDLE + "-1.1.0.jar"));
        refused(repository.folder().toString(), "version-1 for /virtio-blk@0; virtio-blk 1.1.0 is another version");
    }

    @Test
    void aSnapshotIsRestoredWithWhatTheRepositoryHas() throws Exception {
        ours.sign(jar);
        Bundle ofTheBuild = before.stream().filter(bundle -> bundle.getSymbolicName().equals(BLOCK_BUNDLE)).findFirst()
            .orElseThrow();
        Path file = folder.resolve("snapshot");
        // A guest that went on would move the disk on too, and what the file holds would not fit it any more.
        var stop = new SnapshotOptions(SnapshotOptions.DEFAULT.downtimeLimit(), 0, true);
        try (Machine machine = running(Map.of())) {
            assertEquals(MigrationStatus.Phase.COMPLETED, migrations.snapshot(machine, file, stop).result()
                .get(60, TimeUnit.SECONDS).phase());
        }
        ofTheBuild.stop();
        try (var open = provisioning.provide(List.of(repository.folder().toString()), trusted);
                Machine back = migrations.restore(file, "back", Map.of())) {
            assertEquals(WANTED, version(back, DISK));
            theGuestIsWell();
        } finally {
            ofTheBuild.start();
        }
    }

    /** The release of the future that the clock is to be, and nothing installed can translate its state. */
    @Test
    void aTranslatorComesToo() throws Exception {
        Bundle future = context.installBundle(built("pvclock-future").toUri().toString());
        future.start();
        before.add(future);
        ours.sign(repository.put(built("pvclock-translator")));
        repository.makeIndex();
        try (Machine machine = drill.boot(machines, console, Drill.appending("drill.pvclock=on",
                drill.definition("virt-1.0", console, Map.of("pvclock", "1.2.0"))));
                var open = provisioning.provide(List.of(repository.index().toString()), trusted)) {
            var arrived = new CompletableFuture<Machine>();
            MigrationStatus status = migrate(machine, wanting(CLOCK, "2.0.0"), arrived);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            assertEquals(List.of(new Provision(CLOCK, "org.sterna.itests.pvclock-translator", "1.0.0", true)),
                status.verdict().provisions());
            try (Machine there = arrived.get(10, TimeUnit.SECONDS)) {
                assertEquals("2.0.0", version(there, CLOCK));
                theGuestIsWell();
            }
        } finally {
            future.uninstall();
        }
    }

    private static Path built(String module) throws IOException {
        try (var jars = Files.newDirectoryStream(Checkout.file("itests/" + module + "/target"), "org.sterna.*.jar")) {
            return jars.iterator().next();
        }
    }
}
