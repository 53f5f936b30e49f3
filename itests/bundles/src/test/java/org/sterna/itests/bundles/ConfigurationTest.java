package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.metatype.AttributeDefinition;
import org.osgi.service.metatype.MetaTypeService;
import org.osgi.service.metatype.ObjectClassDefinition;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;

/** Machines are configurations, whoever creates, changes and deletes these. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class ConfigurationTest {
    private static final String NAME = "configured";

    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    ConfigurationAdmin admin;
    @InjectService(timeout = 10_000)
    MetaTypeService metatype;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;
    private Configured configured;
    private Drill drill;

    @BeforeEach
    void open() {
        configured = new Configured(context, admin);
        drill = new Drill(folder);
    }

    @AfterEach
    void close() throws IOException, InvalidSyntaxException {
        configured.close();
    }

    /** The drill guest on all three devices. */
    private Map<String, Object> properties(Path console) throws IOException {
        var properties = new HashMap<>(drill.configuration("virt-1.0", console));
        properties.put("snapshots", folder.resolve("snapshots").toString());
        return properties;
    }

    private Bundle bundle(String name) {
        return Arrays.stream(context.getBundles()).filter(bundle -> bundle.getSymbolicName().equals(name)).findFirst()
            .orElseThrow();
    }

    @Test
    void aMachineIsMadeChangedAndClosedWithItsConfiguration() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(NAME, properties);
        Machine machine = configured.awaitRunning(NAME);
        assertEquals(NAME, machine.name());
        long seen = Drill.await(console, report -> report.seq() >= 2).seq();
        String abi = machine.abi().toJson();

        var closed = new CompletableFuture<Machine.Phase>();
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.CLOSED) {
                closed.complete(phase);
            }
        });
        Path other = drill.console();
        properties.put("devices", Drill.devices(other, drill.disk(console)));
        configured.put(NAME, properties);
        Drill.Report report = Drill.await(other, later -> later.seq() > seen + 1);
        assertEquals(0, report.violations(), "the guest goes on, and has noticed nothing");
        assertSame(machine, configured.awaitRunning(NAME));
        assertEquals(abi, machine.abi().toJson());

        configured.delete(NAME);
        closed.get(10, TimeUnit.SECONDS);
        configured.awaitGone(NAME);
    }

    @Test
    void whatTheGuestCanSeeStaysAsItIs() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(NAME, properties);
        Machine machine = configured.awaitRunning(NAME);
        for (var change : Map.<String, Object>of("memory", "64M", "processors", 2, "machine", "virt-1.1", "name", "another",
                "board", new String[] {"kernel=" + folder.resolve("none")}, "devices", new String[] {"pvclock"}).entrySet()) {
            var changed = new HashMap<>(properties);
            changed.put(change.getKey(), change.getValue());
            configured.put(NAME, changed);
            configured.await(NAME, refused -> !refused.reasons().isEmpty());
            configured.put(NAME, properties);
            assertSame(machine, configured.awaitRunning(NAME), change.getKey());
        }
        var moved = new HashMap<>(properties);
        moved.put("memory", "64M");
        moved.put("devices", Drill.devices(drill.console(), drill.disk(console)));
        configured.put(NAME, moved);
        var reasons = configured.await(NAME, refused -> !refused.reasons().isEmpty()).reasons();
        assertEquals(List.of("memory"), reasons.stream().map(reason -> reason.item()).toList());
        assertEquals(console.toString(), machine.hostSettings().get("/serial@0").get("path"), "all of it, or nothing");
        long seen = Drill.last(console) == null ? 0 : Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
    }

    @Test
    void aHostPropertyThatCannotBeLeavesTheOldOneInForce() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(NAME, properties);
        Machine machine = configured.awaitRunning(NAME);
        properties.put("devices", Drill.devices(console, folder.resolve("no-such-disk")));
        configured.put(NAME, properties);
        var reasons = configured.await(NAME, refused -> !refused.reasons().isEmpty()).reasons();
        assertEquals("/virtio-blk@0", reasons.getFirst().subject());
        assertEquals("drive", reasons.getFirst().item());
        long seen = Drill.await(console, report -> report.seq() > 1).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertEquals(drill.disk(console).toString(), machine.hostSettings().get("/virtio-blk@0").get("drive"));
    }

    @Test
    void theVersionOfABundleIsAHostProperty() throws Exception {
        try (var releases = new Releases()) {
            assertTrue(releases.count() > 3);
            Path console = drill.console();
            var properties = properties(console);
            configured.put(NAME, properties);
            Machine machine = configured.awaitRunning(NAME);
            String[] devices = Drill.devices(console, drill.disk(console));
            devices[1] = "pvclock,bundle=1.0.0";
            properties.put("devices", devices);
            configured.put(NAME, properties);
            configured.await(NAME, changed -> machine.parts().stream()
                .anyMatch(part -> part.type().equals("pvclock") && part.version().toString().equals("1.0.0")));
            configured.awaitRunning(NAME);
        }
    }

    @Test
    void whatIsNotInstalledYetIsWaitedFor() throws Exception {
        Bundle clock = bundle("org.sterna.device.pvclock");
        Bundle board = bundle("org.sterna.machine.virt");
        clock.stop();
        board.stop();
        try {
            configured.put(NAME, properties(drill.console()));
            var reasons = configured.await(NAME, machine -> !machine.reasons().isEmpty()).reasons();
            assertTrue(reasons.toString().contains("no such"), reasons.toString());
            clock.start();
        } finally {
            clock.start();
            board.start();
        }
        configured.awaitRunning(NAME);
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnceAndAChangeSetsItRight() throws Exception {
        configured.put(NAME, Map.of("memory", "much", "swap", "perhaps", "stop", "never", "devices", new String[] {"serial,x"}));
        assertEquals(4, configured.await(NAME, machine -> !machine.reasons().isEmpty()).reasons().size());
        configured.put(NAME, properties(drill.console()));
        configured.awaitRunning(NAME);
    }

    /** As File Install does when it hears of a change after the configuration was deleted (FELIX-6812). */
    @Test
    void aConfigurationThatBelongsToNoFactoryIsTakenIn() throws Exception {
        Configuration stray = admin.getConfiguration(Configured.FACTORY + "~" + NAME, "?");
        assertNull(stray.getFactoryPid());
        configured.put(NAME, built("32M"));
        configured.await(NAME, machine -> machine.machine().isPresent());
        assertEquals(Configured.FACTORY, admin.getFactoryConfiguration(Configured.FACTORY, NAME, "?").getFactoryPid());
    }

    @Test
    void aNameThatWasDeletedIsUsedAgainAtOnce() throws Exception {
        for (int i = 1; i <= 100; i++) {
            String memory = i + "M";
            long bytes = (long) i << 20;
            configured.put(NAME, built("200M"));
            configured.delete(NAME);
            configured.put(NAME, built(memory));
            configured.await(NAME, machine -> machine.machine().filter(made -> made.memory().size() == bytes).isPresent());
            configured.delete(NAME);
        }
    }

    /** A machine that nobody boots. */
    private static Map<String, Object> built(String memory) {
        return Map.of("machine", "virt-1.0", "memory", memory, "autostart", false);
    }

    @Test
    void aGuestThatIsNotStartedIsBuiltOnly() throws Exception {
        var properties = properties(drill.console());
        properties.put("autostart", false);
        configured.put(NAME, properties);
        configured.await(NAME, machine -> machine.machine().filter(made -> made.phase() == Machine.Phase.CREATED).isPresent());
        properties.put("autostart", true);
        properties.put("memory", "48M");
        configured.put(NAME, properties);
        assertEquals(48 << 20, configured.awaitRunning(NAME).memory().size(), "nobody has seen anything of it");
    }

    @Test
    void whatTheMachineNeedsIsStoppedAndItsGuestGoesOnWhenItIsBack() throws Exception {
        for (String stopped : List.of("org.sterna.core.deployment", "org.sterna.core.migration", "org.sterna.core.machine")) {
            Path console = drill.console();
            var properties = properties(console);
            properties.put("stop", "snapshot");
            configured.put(NAME, properties);
            configured.awaitRunning(NAME);
            long seen = Drill.await(console, report -> report.seq() > 1).seq();
            Path snapshot = folder.resolve("snapshots").resolve(NAME + ".sterna");

            bundle(stopped).stop();
            assertTrue(Files.exists(snapshot), stopped);
            bundle(stopped).start();
            configured.awaitRunning(NAME);
            assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
            assertFalse(Drill.text(console).indexOf("seq=1 ") != Drill.text(console).lastIndexOf("seq=1 "),
                "it was not booted again");
            assertFalse(Files.exists(snapshot), "its disk moves on, so nobody may start from it again");
            configured.delete(NAME);
            configured.awaitGone(NAME);
            assertFalse(Files.exists(snapshot), "who deletes a machine does not want it back");
        }
    }

    /** Two configurations of one disk: the second has it as soon as the first is gone, though nobody touches its configuration. */
    @Test
    void aConfigurationThatWasRefusedHasTheDiskWhenItIsFree() throws Exception {
        Path console = drill.console();
        configured.put(NAME, properties(console));
        configured.awaitRunning(NAME);
        var second = properties(console);
        second.put("devices", Drill.devices(drill.console(), drill.disk(console)));
        configured.put("second", second);
        configured.put("third", second);
        for (String waiting : List.of("second", "third")) {
            var reasons = configured.await(waiting, machine -> !machine.reasons().isEmpty()).reasons();
            assertTrue(reasons.getFirst().cause().contains("is in use by machine " + NAME), reasons.toString());
        }
        configured.delete(NAME);
        var won = CompletableFuture.anyOf(Stream.of("second", "third").map(waiting ->
            CompletableFuture.supplyAsync(() -> configured.awaitRunning(waiting),
                task -> Thread.ofPlatform().daemon().start(task))).toArray(CompletableFuture[]::new));
        assertEquals(Machine.Phase.RUNNING, ((Machine) won.get(60, TimeUnit.SECONDS)).phase());
    }

    /** Nobody says when another process gives a disk back. */
    @Test
    void aDiskThatAnotherProcessHadIsUsedWhenItIsFree() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        Path lease = drill.disk(console).resolveSibling(drill.disk(console).getFileName() + ".lease");
        try (var other = FileChannel.open(lease, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertTrue(other.tryLock() != null);
            configured.put(NAME, properties);
            var reasons = configured.await(NAME, machine -> !machine.reasons().isEmpty()).reasons();
            assertTrue(reasons.getFirst().cause().contains("is in use by"), reasons.toString());
        }
        configured.awaitRunning(NAME);
    }

    @Test
    void aHostPropertyThatCouldNotBeIsInForceWhenItCanBe() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(NAME, properties);
        Machine machine = configured.awaitRunning(NAME);
        Path moved = folder.resolve("not-there-yet");
        properties.put("devices", Drill.devices(console, moved));
        configured.put(NAME, properties);
        configured.await(NAME, refused -> !refused.reasons().isEmpty());
        Files.createLink(moved, drill.disk(console));
        configured.await(NAME, changed -> changed.reasons().isEmpty());
        assertEquals(moved.toString(), machine.hostSettings().get("/virtio-blk@0").get("drive"));
        assertSame(machine, configured.awaitRunning(NAME));
    }

    @Test
    void anAddressThatSomebodyElseListensAtIsUsedWhenItIsFree() throws Exception {
        var properties = properties(drill.console());
        try (var occupied = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            properties.put("receive", "tcp:127.0.0.1:" + occupied.getLocalPort());
            configured.put(NAME, properties);
            configured.await(NAME, machine -> machine.reasons().toString().contains("cannot listen"));
        }
        configured.await(NAME, machine -> machine.reasons().toString().contains("waited for on "));
    }

    /** A guest that was saved is not forgotten for another folder, another name or another property, and what it needs is not used. */
    @Test
    void noGuestIsBootedInPlaceOfASavedOne() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        properties.put("stop", "snapshot");
        configured.put(NAME, properties);
        configured.awaitRunning(NAME);
        long seen = Drill.await(console, report -> report.seq() > 1).seq();
        Bundle deployment = bundle("org.sterna.core.deployment");
        Path snapshot = folder.resolve("snapshots").resolve(NAME + ".sterna");
        deployment.stop();
        assertTrue(Files.exists(snapshot));
        Path note = drill.disk(console).resolveSibling(drill.disk(console).getFileName() + ".saved");
        assertTrue(Files.readString(note).startsWith(snapshot + "\n"), Files.readString(note));

        var elsewhere = new HashMap<>(properties);
        elsewhere.put("snapshots", folder.resolve("elsewhere").toString());
        configured.put(NAME, elsewhere);
        deployment.start();
        var reasons = configured.await(NAME, machine -> !machine.reasons().isEmpty()).reasons();
        assertTrue(reasons.getFirst().cause().contains("was saved in " + snapshot), reasons.toString());
        var renamed = new HashMap<>(properties);
        configured.put("another", renamed);
        reasons = configured.await("another", machine -> !machine.reasons().isEmpty()).reasons();
        assertTrue(reasons.getFirst().cause().contains("was saved in " + snapshot), reasons.toString());
        configured.delete("another");
        configured.awaitGone("another");

        properties.put("stop", "close");
        configured.put(NAME, properties);
        configured.awaitRunning(NAME);
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
        assertEquals(Drill.text(console).lastIndexOf("seq=1 "), Drill.text(console).indexOf("seq=1 "), "it was booted once");
        assertFalse(Files.exists(snapshot));
        assertFalse(Files.exists(note));
    }

    /** It would be lost, or run twice, if a start of the framework decided about it. */
    @Test
    void aGuestThatWasHandedOverWithoutAConfirmationIsKeptUntilSomebodyDecides() throws Exception {
        for (String stop : List.of("snapshot", "close")) {
            Path console = drill.console();
            var properties = properties(console);
            properties.put("stop", stop);
            configured.put(NAME, properties);
            Machine machine = configured.awaitRunning(NAME);
            long seen = Drill.await(console, report -> report.seq() > 1).seq();
            handOver(machine);
            Path snapshot = folder.resolve("snapshots").resolve(NAME + ".sterna");
            Path kept = snapshot.resolveSibling(NAME + ".sterna.unconfirmed");

            bundle("org.sterna.core.deployment").stop();
            boolean isKept = Files.exists(kept) && !Files.exists(snapshot);
            bundle("org.sterna.core.deployment").start();
            assertTrue(isKept, stop);
            var undecided = configured.await(NAME, waiting -> !waiting.reasons().isEmpty());
            assertTrue(undecided.reasons().getFirst().cause().contains("is kept in " + kept),
                undecided.reasons().toString());
            assertTrue(undecided.machine().isEmpty());

            Files.move(kept, snapshot);
            configured.awaitRunning(NAME);
            assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
            assertBootedOnce(console);
            configured.delete(NAME);
            configured.awaitGone(NAME);
        }
    }

    private static void handOver(Machine machine) {
        try (Operation operation = machine.begin(Operation.Kind.MIGRATION, "of a test", Duration.ZERO)) {
            operation.hold();
            operation.relinquish();
            operation.commit();
        }
        assertEquals(Ownership.UNCONFIRMED, machine.ownership());
    }

    @Test
    void itIsKeptAlsoIfItsConfigurationIsDeleted() throws Exception {
        configured.put(NAME, properties(drill.console()));
        Machine machine = configured.awaitRunning(NAME);
        handOver(machine);
        var closed = new CountDownLatch(1);
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.CLOSED) {
                closed.countDown();
            }
        });
        configured.delete(NAME);
        assertTrue(closed.await(60, TimeUnit.SECONDS));
        configured.awaitGone(NAME);
        Path kept = folder.resolve("snapshots").resolve(NAME + ".sterna.unconfirmed");
        assertTrue(Files.exists(kept));
        Files.delete(kept);
    }

    /** The stop of the framework is the last chance to save the guest. */
    @Test
    void aGuestIsSavedAlthoughItsMachineIsBusy() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        properties.put("stop", "snapshot");
        configured.put(NAME, properties);
        Machine machine = configured.awaitRunning(NAME);
        long seen = Drill.await(console, report -> report.seq() > 1).seq();
        // It takes seconds at this bandwidth; with less downtime the guest would write more than that all the time.
        var slow = new SnapshotOptions(Duration.ofSeconds(4), 1 << 20, false);
        OutgoingMigration other = migrations.snapshot(machine, folder.resolve("other"), slow);
        assertFalse(other.result().isDone());

        bundle("org.sterna.core.deployment").stop();
        boolean saved = Files.exists(folder.resolve("snapshots").resolve(NAME + ".sterna"));
        bundle("org.sterna.core.deployment").start();
        assertTrue(saved);
        MigrationStatus status = other.result().get(60, TimeUnit.SECONDS);
        assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
        configured.awaitRunning(NAME);
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
        assertBootedOnce(console);
    }

    private static void assertBootedOnce(Path console) throws IOException {
        String text = Drill.text(console);
        assertEquals(text.lastIndexOf("seq=1 "), text.indexOf("seq=1 "), "it was booted once");
    }

    private AttributeDefinition[] attributes(String bundle, String pid) {
        return metatype.getMetaTypeInformation(bundle(bundle)).getObjectClassDefinition(pid, null)
            .getAttributeDefinitions(ObjectClassDefinition.ALL);
    }

    /** Two configurations, of which one boots the guest and the other waits for it, and then the other way round. */
    @Test
    void aGuestGoesFromOneConfigurationToAnotherAndBack() throws Exception {
        Path console = drill.console();
        var here = properties(console);
        Path there = folder.resolve("there");
        var other = new HashMap<>(here);
        other.put("receive", "unix:" + there);
        Path moved = drill.console();
        other.put("devices", Drill.devices(moved, drill.disk(console)));
        configured.put("other", other);
        configured.await("other", machine -> machine.reasons().toString().contains("waited for on unix:" + there));
        configured.put(NAME, here);
        Machine machine = configured.awaitRunning(NAME);
        long seen = Drill.await(console, report -> report.seq() >= 2).seq();

        migrate(machine, there);
        Machine arrived = configured.awaitRunning("other");
        assertEquals("other", arrived.name());
        assertEquals(moved.toString(), arrived.hostSettings().get("/serial@0").get("path"), "its own host properties");
        assertEquals(0, Drill.await(moved, report -> report.seq() > seen).violations());

        var changed = new HashMap<>(other);
        changed.put("board", new String[0]);
        Path third = drill.console();
        changed.put("devices", Drill.devices(third, drill.disk(console)));
        configured.put("other", changed);
        configured.await("other", same -> arrived.hostSettings().get("/serial@0").get("path").equals(third.toString()));
        configured.put("other", other);
        configured.await("other", same -> arrived.hostSettings().get("/serial@0").get("path").equals(moved.toString()));
        configured.await("other", same -> same.reasons().isEmpty());

        var gone = configured.await(NAME, left -> left.machine().isEmpty() && !left.reasons().isEmpty());
        assertTrue(gone.reasons().getFirst().cause().matches("its guest has gone to unix:" + there + " on 20[0-9T:-]+Z"),
            gone.reasons().toString());
        here.put("swap", "auto");
        configured.put(NAME, here);
        bundle("org.sterna.core.deployment").stop();
        assertEquals(Machine.Phase.CLOSED, arrived.phase(), "its configuration says nothing else");
        bundle("org.sterna.core.deployment").start();
        configured.await(NAME, left -> left.machine().isEmpty() && left.reasons().toString().contains("has gone to"));
        configured.delete(NAME);
        configured.awaitGone(NAME);
        configured.put(NAME, here);
        String remedy = configured.await(NAME, left -> !left.reasons().isEmpty()).reasons().getFirst().remedy();
        assertTrue(remedy.contains(NAME + ".left"), "who makes it again may not know that its guest has left: " + remedy);

        Path back = folder.resolve("back");
        here.put("receive", "unix:" + back);
        configured.put(NAME, here);
        configured.await(NAME, waiting -> waiting.reasons().toString().contains("waited for on unix:" + back));
        other.remove("receive");
        configured.put("other", other);
        Machine again = configured.awaitRunning("other");
        long before = Drill.await(moved, report -> report.seq() >= 2).seq();
        migrate(again, back);
        configured.awaitRunning(NAME);
        assertEquals(0, Drill.await(console, report -> report.seq() > before).violations());
        here.remove("receive");
        here.put("autostart", false);
        configured.put(NAME, here);
        configured.awaitRunning(NAME);
        configured.await("other", left -> left.reasons().toString().contains("has gone to"));

        Files.delete(note("other"));
        other.put("autostart", false);
        other.put("devices", new String[] {"pvclock"});
        configured.put("other", other);
        configured.await("other", booted -> booted.machine().isPresent());
    }

    /** Where it is written down that a guest has left. */
    private Path note(String name) {
        return folder.resolve("snapshots").resolve(name + ".left");
    }

    /** A receiver that is being changed answers nobody. */
    private boolean isWanted(Machine machine, Path there) {
        try {
            return migrations.check(machine, new Endpoint.Unix(there), MigrationOptions.DEFAULT).allowed();
        } catch (MachineException e) {
            return false;
        }
    }

    private MigrationStatus migrate(Machine machine, Path there) throws Exception {
        MigrationStatus status = migrations.migrate(machine, new Endpoint.Unix(there), MigrationOptions.DEFAULT).result()
            .get(60, TimeUnit.SECONDS);
        assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
        return status;
    }

    @Test
    void onlyTheGuestThatAConfigurationDescribesComesToIt() throws Exception {
        Path console = drill.console();
        var waiting = properties(console);
        Path there = folder.resolve("there");
        waiting.put("receive", "unix:" + there);
        waiting.put("memory", "64M");
        waiting.put("devices", Drill.devices(drill.console(), drill.disk(console)));
        configured.put("other", waiting);
        configured.await("other", machine -> machine.reasons().toString().contains("waited for"));
        configured.put(NAME, properties(console));
        Machine machine = configured.awaitRunning(NAME);
        var verdict = migrations.check(machine, new Endpoint.Unix(there), MigrationOptions.DEFAULT);
        assertEquals(Verdict.Outcome.BLOCKED, verdict.outcome());
        assertEquals(List.of("other.memory"),
            verdict.reasons().stream().map(reason -> reason.subject() + "." + reason.item()).toList());
        assertTrue(verdict.reasons().getFirst().cause().contains("in the configuration that waits for it"));
        MigrationStatus status = migrations.migrate(machine, new Endpoint.Unix(there), MigrationOptions.DEFAULT).result()
            .get(60, TimeUnit.SECONDS);
        assertEquals(MigrationStatus.Phase.FAILED, status.phase());
        long seen = Drill.await(console, report -> report.seq() > 1).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen).violations());
        assertFalse(Files.exists(note(NAME)), "it has not left");

        waiting.put("memory", "32M");
        configured.put("other", waiting);
        configured.await("other", changed -> isWanted(machine, there));
        migrate(machine, there);
        configured.awaitRunning("other");
    }

    @Test
    void aFileThatOnlyTheSourceNamesMustBeInAFolderThatTheConfigurationAllows() throws Exception {
        Path console = drill.console();
        var waiting = properties(console);
        Path there = folder.resolve("there");
        waiting.put("receive", "unix:" + there);
        waiting.remove("board");
        configured.put("other", waiting);
        configured.await("other", machine -> machine.reasons().toString().contains("waited for"));
        configured.put(NAME, properties(console));
        Machine machine = configured.awaitRunning(NAME);
        var verdict = migrations.check(machine, new Endpoint.Unix(there), MigrationOptions.DEFAULT);
        assertEquals(List.of("/virt.kernel"),
            verdict.reasons().stream().map(reason -> reason.subject() + "." + reason.item()).toList());

        waiting.put("allow.path", new String[] {Checkout.file("guest.drill").toString()});
        configured.put("other", waiting);
        configured.await("other", changed -> isWanted(machine, there));
    }

    /** A guest that came is the configuration's from then on: it is saved and goes on like one that was booted. */
    @Test
    void aGuestThatCameIsSavedWhenTheFrameworkStops() throws Exception {
        Path console = drill.console();
        var waiting = properties(console);
        Path there = folder.resolve("there");
        waiting.put("receive", "unix:" + there);
        waiting.put("stop", "snapshot");
        configured.put("other", waiting);
        configured.await("other", machine -> machine.reasons().toString().contains("waited for"));
        configured.put(NAME, properties(console));
        migrate(configured.awaitRunning(NAME), there);
        configured.awaitRunning("other");
        long seen = Drill.await(console, report -> report.seq() > 1).seq();
        bundle("org.sterna.core.deployment").stop();
        bundle("org.sterna.core.deployment").start();
        configured.awaitRunning("other");
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
        configured.await(NAME, left -> left.reasons().toString().contains("has gone to"));
    }

    /** The tables of docs/osgi.md are the reference. */
    @Test
    void thePageSaysWhatMetatypeSays() throws IOException {
        var types = Map.of(AttributeDefinition.STRING, "String", AttributeDefinition.INTEGER, "Integer",
            AttributeDefinition.BOOLEAN, "Boolean");
        var rows = Stream.of(attributes("org.sterna.core.deployment", Configured.FACTORY),
            attributes("org.sterna.core.provisioning", "org.sterna.provisioning")).flatMap(Arrays::stream).map(attribute -> {
            String[] values = attribute.getDefaultValue();
            String text = values == null ? "" : String.join(",", values);
            return "| `" + attribute.getID() + "` | " + types.get(attribute.getType())
                + (attribute.getCardinality() == 0 ? "" : "[]") + " | "
                + (text.isEmpty() ? "" : "`" + text + "` ") + "| " + attribute.getDescription() + " |";
        }).sorted().toList();
        assertEquals(rows, Files.readAllLines(Checkout.file("docs/osgi.md")).stream()
            .filter(line -> line.matches("\\| `[a-z.-]+` \\| (String|Integer|Boolean).*")).sorted().toList());
    }

    /** The examples of the page, with this checkout's paths in place of theirs. */
    @Test
    void theExamplesOfThePageAreMachines() throws Exception {
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        String[] blocks = Files.readString(Checkout.file("docs/osgi.md"))
            .replace("/images/drill.img", Checkout.file("guest.drill/drill.img").toString())
            .replace("/tmp/guest.console", console.toString())
            .replace("/disks/guest.img", drill.disk(console).toString())
            .split("```\n");
        Path watched = Files.createDirectory(folder.resolve("etc"));
        Configuration watcher = watch(watched);
        try {
            Path file = Files.writeString(watched.resolve("org.sterna.machine-guest.config"), blocks[1]);
            configured.awaitRunning("guest");
            Drill.await(console, report -> report.seq() > 0);
            Files.delete(file);
            configured.awaitGone("guest");
        } finally {
            watcher.delete();
        }
        Bundle bundle = context.installBundle("configured:page", new ByteArrayInputStream(bundle("machines.json", blocks[3])));
        try {
            bundle.start();
            configured.awaitRunning("guest");
        } finally {
            bundle.uninstall();
        }
        configured.awaitGone("guest");
    }

    @Test
    void configurator() throws Exception {
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        String devices = String.join("\", \"", Drill.devices(console, drill.disk(console)));
        String json = "{\":configurator:resource-version\": 1, \"org.sterna.machine~" + NAME + "\": {\"machine\": \"virt-1.0\", "
            + "\"memory\": \"32M\", \"board\": [\"" + String.join("\", \"", Drill.board()) + "\"], \"devices\": [\"" + devices
                + "\"]}}";
        Bundle bundle = context.installBundle("configured:json", new ByteArrayInputStream(bundle("machines.json", json)));
        try {
            bundle.start();
            configured.awaitRunning(NAME);
            Drill.await(console, report -> report.seq() > 1);
        } finally {
            bundle.uninstall();
        }
        configured.awaitGone(NAME);
    }

    /** A bundle with a file for the Configurator. */
    private static byte[] bundle(String file, String content) throws IOException {
        var manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", "org.sterna.itests.configured");
        headers.putValue("Require-Capability",
            "osgi.extender;filter:=\"(&(osgi.extender=osgi.configurator)(version>=1.0)(!(version>=2.0)))\"");
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest)) {
            jar.putNextEntry(new JarEntry("OSGI-INF/configurator/" + file));
            jar.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void fileInstall() throws Exception {
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        Path watched = Files.createDirectory(folder.resolve("etc"));
        Configuration watcher = watch(watched);
        try {
            Path file = watched.resolve("org.sterna.machine-" + NAME + ".config");
            Files.writeString(file, config(console, drill.disk(console)));
            Machine machine = configured.awaitRunning(NAME);
            long seen = Drill.await(console, report -> report.seq() > 1).seq();
            Path other = drill.console();
            Files.writeString(file, config(other, drill.disk(console)));
            assertEquals(0, Drill.await(other, report -> report.seq() > seen + 1).violations());
            assertSame(machine, configured.awaitRunning(NAME));
            Files.delete(file);
            configured.awaitGone(NAME);

            Files.writeString(watched.resolve("org.sterna.machine-" + NAME + ".cfg"),
                "memory=32M\nboard=" + String.join("\\n", Drill.board())
                + "\ndevices=" + String.join("\\n", Drill.devices(drill.console(), drill.disk(console))) + "\n");
            assertEquals(3, configured.awaitRunning(NAME).abi().devices().size());
        } finally {
            watcher.delete();
        }
    }

    private Configuration watch(Path watched) throws IOException {
        Configuration watcher = admin.createFactoryConfiguration("org.apache.felix.fileinstall", "?");
        watcher.update(new Hashtable<>(Map.of("felix.fileinstall.dir", watched.toString(), "felix.fileinstall.poll", "100",
            "felix.fileinstall.tmpdir", folder.resolve("tmp").toString())));
        return watcher;
    }

    private static String config(Path console, Path disk) {
        return "machine=\"virt-1.0\"\nmemory=\"32M\"\nboard=[" + quoted(Drill.board()) + "]\ndevices=["
            + quoted(Drill.devices(console, disk))
            + "]\n";
    }

    /** The format has its own use for some characters. */
    private static String quoted(String[] texts) {
        return String.join(",", Arrays.stream(texts).map(text -> "\"" + text.replace("=", "\\=") + "\"").toList());
    }
}
