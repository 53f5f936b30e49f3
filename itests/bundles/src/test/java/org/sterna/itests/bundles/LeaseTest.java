package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.BundleContext;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;

/** Who may use a disk: the embedded keeper with bundles of all ages, and one that a cluster plugs in. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class LeaseTest {
    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;

    private Machine machine(String name, String disk) {
        return machines.create(new MachineDefinition(name, "virt-1.0", 16 << 20, 1, Map.of(), Map.of(),
            List.of(DeviceDefinition.parse("virtio-blk," + disk))));
    }

    private Path disk() throws IOException {
        return Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource({"1.0.0, 1.1.0", "1.0.0, 1.3.0", "1.1.0, 1.3.0", "1.2.0, 1.3.0", "1.3.0, 1.0.0", "1.3.0, 1.1.0", "1.3.0, 1.2.0",
        "1.3.0, 1.3.0"})
    void neverTwoWritersWhateverTheirBundles(String first, String second) throws Exception {
        Path disk = disk();
        Path symbolic = Files.createSymbolicLink(folder.resolve("symbolic"), disk);
        Path hard = Files.createLink(folder.resolve("hard"), disk);
        try (var releases = new Releases(); Machine holder = machine("holder", "drive=" + disk + ",bundle=" + first)) {
            holder.attach();
            for (Path path : List.of(disk, symbolic, hard)) {
                try (Machine other = machine("other", "drive=" + path + ",bundle=" + second)) {
                    var refusal = assertThrows(MachineException.class, other::attach);
                    assertTrue(refusal.getMessage().startsWith("/virtio-blk@0.drive: "), refusal.getMessage());
                    assertTrue(refusal.getMessage().contains("is in use by machine holder (/virtio-blk@0) of process "),
                        refusal.getMessage());
                    assertFalse(other.attached());
                }
            }
            assertTrue(LockProbe.isLocked(disk), "the refusals must not have given up the holder's lock on the disk");
            holder.detach();
            try (Machine other = machine("other", "drive=" + hard + ",bundle=" + second)) {
                other.attach();
                assertThrows(MachineException.class, holder::attach);
            }
            holder.attach();
        }
    }

    @Test
    void machinesThatOnlyReadShareADisk() throws Exception {
        Path disk = disk();
        try (Machine first = machine("first", "read-only=on,drive=" + disk);
                Machine second = machine("second", "read-only=on,drive=" + disk);
                Machine writer = machine("writer", "drive=" + disk)) {
            first.attach();
            second.attach();
            assertThrows(MachineException.class, writer::attach);
            first.detach();
            assertThrows(MachineException.class, writer::attach);
            second.detach();
            writer.attach();
        }
    }

    @Test
    void aClusterTakesALeaseAwayAndGivesItBack() throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        var cluster = new ClusterLeases();
        var registration = context.registerService(LeaseKeeper.class, cluster, null);
        try (Machine machine = drill.boot(machines, console, drill.definition("virt-1.2", console, Map.of()))) {
            URI disk = drill.disk(console).toRealPath().toUri();
            assertEquals(machine.name(), cluster.holder(disk));
            var paused = new CompletableFuture<Machine.Phase>();
            machine.onPhase(paused::complete);
            cluster.revoke(disk);
            assertEquals(Machine.Phase.PAUSED, paused.get(10, TimeUnit.SECONDS));
            assertTrue(machine.fenced());
            assertTrue(machine.why().contains("the cluster has given " + disk + " to another host"), machine.why());
            assertFalse(LockProbe.isLocked(drill.disk(console)), "another host can have the disk");

            assertThrows(MachineException.class, machine::resume);
            assertThrows(MachineException.class, machine::attach);
            assertThrows(MachineException.class, () -> migrations.check(machine, new Endpoint.Unix(drill.file("none")),
                MigrationOptions.DEFAULT));
            cluster.free(disk);
            machine.resume();
            goesOn(console);
            var phases = new LinkedBlockingQueue<Machine.Phase>();
            machine.onPhase(phases::add);
            cluster.interrupt(disk);
            assertEquals(Machine.Phase.PAUSED, phases.poll(10, TimeUnit.SECONDS));
            assertEquals(Machine.Phase.RUNNING, phases.poll(10, TimeUnit.SECONDS), machine::why);
            assertEquals(machine.name(), cluster.holder(disk));
            goesOn(console);
            theLeaseGoesWithTheGuest(drill, console, cluster, machine, disk);
        } finally {
            registration.unregister();
        }
    }

    private static void goesOn(Path console) throws Exception {
        long seen = Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() >= seen + 2).violations(), Drill.text(console));
    }

    private void theLeaseGoesWithTheGuest(Drill drill, Path console, ClusterLeases cluster, Machine machine, URI disk)
            throws Exception {
        var arrived = new CompletableFuture<Machine>();
        try (var receiver = migrations.receive(new Endpoint.Unix(drill.file("s")),
                new ReceiveOptions("arrival", Map.of(), arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE))) {
            MigrationStatus status = migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            try (Machine destination = arrived.get(10, TimeUnit.SECONDS)) {
                assertEquals("arrival", cluster.holder(disk));
                long seen = Drill.last(console).seq();
                assertEquals(0, Drill.await(console, report -> report.seq() >= seen + 2).violations(), Drill.text(console));
            }
            assertEquals("", cluster.holder(disk));
        }
    }
}
