package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.BundleException;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Verdict;

/**
 * The story of VIRTIO_BLK_F_BARRIER with real jars. A release once brought the feature without a switch, and its guests
 * could never go back to a host with the release before. Here it is a property that virtio-blk 1.3.0 has and 1.2.0 lacks.
 */
@ExtendWith(ServiceExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BarrierTest {
    private static final String DISK = "/virtio-blk@0";
    private static final String OLD = "1.2.0";
    private static final Pattern READY = Pattern.compile("DRILL ready features=0x([0-9a-f]+)");

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    private Releases releases;
    private Drill drill;

    @BeforeAll
    void installReleases(@TempDir Path folder) throws IOException, BundleException {
        drill = new Drill(folder);
        releases = new Releases();
    }

    @AfterAll
    void uninstallReleases() throws BundleException {
        releases.close();
    }

    private Machine boot(String machineType, Path console, String... disk) throws IOException {
        return drill.boot(machines, console, drill.definition(machineType, console, Map.of(), disk));
    }

    private static boolean usesBarriers(Path console) throws IOException {
        Matcher ready = READY.matcher(Drill.text(console));
        assertTrue(ready.find(), Drill.text(console));
        return (Long.parseLong(ready.group(1), 16) & 1) != 0;
    }

    @Test
    void aGuestThatUsesBarriersDoesNotGoWhereThereAreNone() throws Exception {
        Path console = drill.console();
        try (Machine source = boot("virt-1.3", console, "registers=legacy");
                var receiver = migrations.receive(new Endpoint.Unix(drill.file("refuses")), new ReceiveOptions("arrival",
                    Map.of(DISK, Map.of(Machines.BUNDLE, OLD)), machine -> { }, reason -> { }).withLimits(Drill.ANY_FILE))) {
            assertTrue(usesBarriers(console), "the driver takes what it is offered");
            Drill.await(console, report -> report.barriers() > 0);
            MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
            assertEquals(Verdict.Outcome.BLOCKED, status.verdict().outcome());
            assertEquals(MigrationStatus.Phase.FAILED, status.phase());
            assertEquals(0, status.round(), "nothing of memory was sent");
            String reasons = status.reasons().toString();
            assertTrue(reasons.contains("--device virtio-blk,barrier=off") && reasons.contains("--machine virt-1.2"), reasons);
            assertEquals(Machine.Phase.RUNNING, source.phase());
            Drill.Report before = Drill.last(console);
            Drill.Report after = Drill.await(console,
                report -> report.seq() > before.seq() + 1 && report.barriers() > before.barriers());
            assertEquals(0, after.violations(), Drill.text(console));
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', value = {"virt-1.3 | registers=legacy,barrier=off", "virt-1.2 | registers=legacy"})
    void withoutBarriersItGoesThereAndBack(String machineType, String disk) throws Exception {
        Path console = drill.console();
        try (Machine source = boot(machineType, console, disk.split(","))) {
            assertTrue(!usesBarriers(console), Drill.text(console));
            String newest = version(source);
            try (Machine old = migrate(source, console, "there", Map.of(DISK, Map.of(Machines.BUNDLE, OLD)))) {
                assertEquals(OLD, version(old));
                try (Machine back = migrate(old, console, "back", Map.of(DISK, Map.of(Machines.BUNDLE, newest)))) {
                    assertEquals(newest, version(back));
                    assertEquals(source.abi().toJson(), back.abi().toJson());
                }
            }
        }
    }

    private static String version(Machine machine) {
        return machine.parts().stream().filter(part -> part.path().equals(DISK)).findFirst().orElseThrow().version().toString();
    }

    /** The machine in which the guest has gone on, and still finds nothing wrong. */
    private Machine migrate(Machine source, Path console, String name, Map<String, Map<String, String>> host) throws Exception {
        var arrived = new CompletableFuture<Machine>();
        try (var receiver = migrations.receive(new Endpoint.Unix(drill.file(name)),
                new ReceiveOptions(source.name() + name, host, arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE))) {
            MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
        }
        long seen = Drill.last(console).seq();
        Drill.Report report = Drill.await(console, later -> later.seq() >= seen + 3);
        assertEquals(0, report.violations(), Drill.text(console));
        return arrived.get(10, TimeUnit.SECONDS);
    }
}
