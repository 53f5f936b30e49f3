package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.PartAbi;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveLimits;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Verdict;

/** What the destination's host lacks is in the verdict, with all of it at once, and nothing there has changed. */
@ExtendWith(ServiceExtension.class)
class HostResourcesTest {
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    private Drill drill;
    private Path console;
    private Machine machine;

    @BeforeEach
    void boot(@TempDir Path folder) throws IOException {
        drill = new Drill(folder);
        console = drill.console();
        machine = drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of()));
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private ReceiveOptions mapping(Path disk, Path line, CompletableFuture<Machine> arrived) {
        return new ReceiveOptions("arrival", Map.of("/virtio-blk@0", Map.of("drive", disk.toString()),
            "/serial@0", Map.of("path", line.toString())), arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE);
    }

    private Verdict ask(Path disk, Path line) {
        try (var receiver = migrations.receive(new Endpoint.Tcp("127.0.0.1", 0),
                mapping(disk, line, new CompletableFuture<>()))) {
            return migrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT);
        }
    }

    @Test
    void whatIsMissingThereBlocksBeforeTheGuestIsTouched() throws Exception {
        Path none = drill.file("none.disk");
        Path nowhere = drill.file("no-folder/console");
        var arrived = new CompletableFuture<Machine>();
        try (var receiver = migrations.receive(new Endpoint.Tcp("127.0.0.1", 0), mapping(none, nowhere, arrived))) {
            MigrationStatus status = migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
            assertEquals(MigrationStatus.Phase.FAILED, status.phase());
            assertEquals(Verdict.Outcome.BLOCKED, status.verdict().outcome());
            assertEquals(0, status.round(), "no memory has been sent");
            assertEquals(List.of("/serial@0.path", "/virtio-blk@0.drive"), status.reasons().stream()
                .map(reason -> reason.subject() + "." + reason.item()).sorted().toList());
            Reason disk = status.reasons().stream().filter(reason -> reason.item().equals("drive")).findFirst().orElseThrow();
            assertEquals("at the destination, " + none + " does not exist", disk.cause());
            assertTrue(disk.remedy().endsWith("start the receiver with --map /virtio-blk@0.drive=VALUE"), disk.remedy());
        }
        assertFalse(Files.exists(none) || Files.exists(nowhere), "a question creates nothing");
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertEquals(0, Drill.await(console, report -> report.seq() > 3).violations());
    }

    @Test
    void aDiskThatIsTooSmallBlocksAndTheSourcesOwnDoesNot() throws Exception {
        Path small = Files.write(drill.file("small.disk"), new byte[4096]);
        Verdict verdict = ask(small, console);
        assertEquals(Verdict.Outcome.BLOCKED, verdict.outcome());
        assertTrue(verdict.reasons().toString().contains("less than the disk's capacity"), verdict.reasons().toString());
        assertTrue(ask(drill.disk(console), console).allowed(), "that the source has the disk in use is no reason");
    }

    private static final Endpoint ANY = new Endpoint.Tcp("127.0.0.1", 0);

    private Verdict ask(Map<String, Map<String, String>> host, ReceiveLimits limits) {
        var options = new ReceiveOptions("arrival", host, arrived -> { }, reason -> { }).withLimits(limits);
        try (var receiver = migrations.receive(ANY, options)) {
            return migrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT);
        }
    }

    private static List<String> items(Verdict verdict) {
        return verdict.reasons().stream().map(reason -> reason.subject() + "." + reason.item()).sorted().toList();
    }

    @Test
    void aKernelThatIsMissingThereBlocks() {
        Verdict verdict = ask(Map.of("/virt", Map.of("kernel", "/nowhere/Image")), Drill.ANY_FILE);
        assertEquals(List.of(new Reason("/virt", "kernel",
            "at the destination, /nowhere/Image does not exist, so the guest could not restart",
            "put the image there, or give another; or start the receiver with --map /virt.kernel=VALUE")), verdict.reasons());
        assertEquals(Verdict.Outcome.BLOCKED, verdict.sections().stream().filter(section -> section.path().equals("/virt"))
            .findFirst().orElseThrow().outcome());
    }

    @Test
    void oneFileForTwoDevicesBlocks() throws Exception {
        // A serial line that is older than the question what it claims.
        try (var _ = new Releases()) {
            Verdict verdict = ask(Map.of("/serial@0", Map.of("path", drill.disk(console).toString(), Machines.BUNDLE, "1.0.0")),
                Drill.ANY_FILE);
            assertEquals(List.of("/virtio-blk@0.drive"), items(verdict));
            assertTrue(verdict.reasons().getFirst().cause().endsWith(" is used by /serial@0 too"), verdict.reasons().toString());
        }
    }

    @Test
    void twoDevicesInOneSlotBlock() {
        AbiDocument abi = machine.abi();
        var devices = new TreeMap<>(abi.devices());
        PartAbi clock = devices.get("/pvclock@0");
        devices.put("/pvclock@1", clock);
        var clash = new AbiDocument(abi.machineType(), abi.memory(), abi.processors(), abi.board(), abi.processor(), devices);
        assertEquals(List.of(Reason.of("/pvclock@1", "the guest ABI puts it into slot 0 of the kind platform, where /pvclock@0 is",
            "the document was not made by Sterna")), machines.obstacles(clash, Map.of()));
        devices.put("/pvclock@1", new PartAbi("pvclock", clock.abi(), 999, clock.settings()));
        var beyond = new AbiDocument(abi.machineType(), abi.memory(), abi.processors(), abi.board(), abi.processor(), devices);
        assertEquals(List.of("the board virt has no more slots of the kind platform"), machines.hostObstacles(beyond,
            machine.hostSettings()).stream().map(Reason::cause).toList());
    }

    @Test
    void theFilesOfTheSourceAreNotUsedUnlessTheyAreAllowed() {
        assertEquals(List.of("/serial@0.path", "/virt.kernel", "/virtio-blk@0.drive"), items(ask(Map.of(), ReceiveLimits.DEFAULT)));
        var disks = ReceiveLimits.DEFAULT.withAllowedPaths(List.of(drill.file("")));
        Verdict verdict = ask(Map.of(), disks);
        assertEquals(List.of("/virt.kernel"), items(verdict));
        assertEquals("start the receiver with --map /virt.kernel=FILE, or with --allow-path and the file's folder",
            verdict.reasons().getFirst().remedy());
        assertTrue(ask(Map.of("/virt", Map.of("kernel", Checkout.file("guest.drill/drill.img").toString())), disks).allowed());
    }

    /** They do not say which of their properties are paths. */
    @Test
    void theFilesOfReleasedBundlesAreKnownToBeFiles() throws Exception {
        try (var _ = new Releases()) {
            for (String version : List.of("1.0.0", "1.1.0")) {
                var older = Map.of("/serial@0", Map.of(Machines.BUNDLE, version), "/virtio-blk@0", Map.of(Machines.BUNDLE, version));
                assertEquals(List.of("/serial@0.path", "/virt.kernel", "/virtio-blk@0.drive"),
                    items(ask(older, ReceiveLimits.DEFAULT)), version);
            }
        }
    }

    @Test
    void aHostIsNotGivenMoreGuestsThanItHasMemoryFor() {
        Verdict verdict = ask(Map.of(), Drill.ANY_FILE.withMaxMemory(32 << 20));
        assertEquals(List.of("arrival.memory"), items(verdict), "the source is in this process too");
    }
}
