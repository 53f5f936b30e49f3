package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
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
            "/serial@0", Map.of("path", line.toString())), arrived::complete, reason -> { });
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
}
