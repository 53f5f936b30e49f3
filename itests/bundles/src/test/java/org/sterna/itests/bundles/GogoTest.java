package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Reason;
import org.sterna.machine.lease.LeaseKeeper;

/** The Gogo commands, as they are typed. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class GogoTest {
    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    CommandProcessor processor;
    /** The commands are there when their services are. */
    @InjectService(timeout = 10_000, filter = "(osgi.command.scope=machine)")
    Object machineCommands;
    @InjectService(timeout = 10_000, filter = "(osgi.command.scope=device)")
    Object deviceCommands;
    @InjectService(timeout = 10_000, filter = "(osgi.command.scope=migration)")
    Object migrationCommands;
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    ConfigurationAdmin admin;
    @TempDir
    Path folder;
    private CommandSession session;

    @BeforeEach
    void open() {
        session = processor.createSession(new ByteArrayInputStream(new byte[0]), System.out, System.err);
    }

    @AfterEach
    void close() {
        session.close();
        machines.running().forEach(Machine::close);
    }

    private String execute(String line) throws Exception {
        return String.valueOf(session.execute(line));
    }

    /** A guest that stands still, with a clock of some version. */
    private Machine clocked(String name, String version) {
        Machine machine = machines.create(new MachineDefinition(name, "virt-1.0", 1 << 20, 1, Map.of(), Map.of(),
            List.of(new DeviceDefinition("pvclock", Map.of(Machines.BUNDLE, version)))));
        machine.attach();
        machine.restored();
        return machine;
    }

    /** A guest that has not been booted. */
    private Machine drilled(String name, String... devices) {
        Machine machine = machines.create(new MachineDefinition(name, "virt-1.1", 32 << 20, 1,
            Map.of("kernel", Checkout.file("guest.drill/drill.img").toString()), Map.of(),
            Stream.of(devices).map(DeviceDefinition::parse).toList()));
        machine.attach();
        return machine;
    }

    private static String version(Machine machine) {
        return machine.parts().stream().filter(part -> part.type().equals("pvclock")).findFirst().orElseThrow().version()
            .toString();
    }

    @Test
    void machinesAreListedLookedAtStoppedAndClosed() throws Exception {
        try (Machine machine = drilled("listed")) {
            assertTrue(execute("machine:list").matches("(?s).*listed +virt-1.1 +created +no.*"), execute("machine:list"));
            assertEquals("listed is running", execute("machine:resume listed"));
            assertEquals("listed is paused", execute("machine:pause listed"));
            assertTrue(execute("machine:status listed")
                .startsWith("listed: virt-1.1, paused (paused by request), 1 processors, 32 MiB"));
            assertTrue(execute("machine:status listed").contains("/riscv64@0"));
            execute("machine:close listed");
            assertEquals(Machine.Phase.CLOSED, machine.phase());
        }
        var unknown = assertThrows(MachineException.class, () -> execute("machine:status lost"));
        assertTrue(unknown.getMessage().contains("no such machine"), unknown.getMessage());
    }

    @Test
    void aGuestWhoseHandOverIsUnconfirmedGoesOnOnlyByForce() throws Exception {
        Machine machine = drilled("given");
        machine.boot();
        try (Operation migration = machine.begin(Operation.Kind.MIGRATION, "to elsewhere", Duration.ZERO)) {
            migration.hold();
            migration.relinquish();
            migration.commit();
        }
        machine.explain("handed over to elsewhere, which has not confirmed it");
        String refused = assertThrows(MachineException.class, () -> execute("machine:resume given")).getMessage();
        assertTrue(refused.contains("the guest may run elsewhere: handed over to elsewhere")
            && refused.contains("resume it here by force: a guest that runs twice damages its disks"), refused);
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertEquals(Ownership.UNCONFIRMED, machine.ownership());
        assertTrue(execute("machine:list").matches("(?s).*given +virt-1.1 +paused +no +handed over to elsewhere, .*"),
            execute("machine:list"));

        assertEquals("given is running", execute("machine:resume --force given"));
        assertEquals(Ownership.LOCAL, machine.ownership());
        assertTrue(machine.attached());
        execute("machine:pause given");
        assertEquals("given is running", execute("machine:resume --force given"), "it may be done without force");
    }

    @Test
    void aGuestThatHasLostItsLeaseGoesOnWhenItCanBeHadAgain() throws Exception {
        Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]).toRealPath();
        var cluster = new ClusterLeases();
        var registration = context.registerService(LeaseKeeper.class, cluster, null);
        try (Machine machine = drilled("fenced", "virtio-blk,drive=" + disk)) {
            assertEquals("fenced is running", execute("machine:resume fenced"));
            cluster.revoke(disk.toUri());
            await(() -> machine.phase() == Machine.Phase.PAUSED);
            assertEquals(Ownership.FENCED, machine.ownership());
            String refused = assertThrows(MachineException.class, () -> execute("machine:resume fenced")).getMessage();
            assertTrue(refused.contains("has been given to another host"), refused);
            assertThrows(MachineException.class, () -> execute("machine:resume --force fenced"));
            assertFalse(machine.attached());

            cluster.free(disk.toUri());
            assertEquals("fenced is running", execute("machine:resume fenced"));
            assertEquals(Ownership.LOCAL, machine.ownership());
            assertEquals("fenced", cluster.holder(disk.toUri()));
        } finally {
            registration.unregister();
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "waited in vain");
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void aConfigurationThatIsNotInForceIsSeen() throws Exception {
        try (var configured = new Configured(context, admin)) {
            configured.put("impossible", Map.of("memory", "7"));
            configured.await("impossible", machine -> !machine.reasons().isEmpty());
            // The commands hear of it by themselves, a little before or after anybody else.
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (!execute("machine:list").matches("(?s).*impossible +- +none +not as it is now +memory: '7' is not in.*")) {
                assertTrue(System.nanoTime() < deadline, execute("machine:list"));
                LockSupport.parkNanos(5_000_000);
            }
            assertTrue(execute("machine:status impossible").contains("its configuration is not in force"));
        }
    }

    @Test
    void whereAGuestHasGoneIsSeen() throws Exception {
        try (var configured = new Configured(context, admin)) {
            configured.put("traveller", Map.of("machine", "virt-1.0", "memory", "32M", "board", Drill.board(),
                "snapshots", folder.toString()));
            configured.awaitRunning("traveller");
            execute("migration:receive --allow-path " + Checkout.file("guest.drill") + " elsewhere unix:" + folder.resolve("line"));
            execute("migration:migrate traveller unix:" + folder.resolve("line"));
            configured.await("traveller", machine -> machine.machine().isEmpty());
            assertTrue(execute("machine:list").matches("(?s).*traveller +- +none +not as it is now +its guest has gone to unix:"
                + folder.resolve("line") + " on 20[0-9T:-]+Z .*"), execute("machine:list"));
            assertTrue(execute("machine:status traveller").contains("its guest has gone to unix:"));
        }
    }

    @Test
    void everyCommandExplainsItself() throws Exception {
        for (String command : List.of("machine:list", "machine:status", "machine:pause", "machine:resume", "machine:close",
                "device:list", "device:describe", "device:swap", "migration:check", "migration:migrate", "migration:snapshot",
                "migration:receive",
                "migration:cancel")) {
            // The shell with completion has a help of its own.
            String help = execute("felix:help " + command);
            assertTrue(help.startsWith(command.substring(command.indexOf(':') + 1) + " - "), "no description: " + help);
        }
    }

    @Test
    void whatIsInstalledIsListedAndExplained() throws Exception {
        assertTrue(execute("device:list").matches("(?s).*virtio-blk +device +1\\.[0-9]+ +2 +org.sterna.device.virtio-blk.*"),
            execute("device:list"));
        assertTrue(execute("device:describe serial").matches("(?s).*\npath +host .*"), execute("device:describe serial"));
    }

    @Test
    void aRollingUpgradeGoesThroughAllMachinesAndEndsWithTheFirstThatFails() throws Exception {
        try (var releases = new Releases()) {
            assertTrue(releases.count() > 3);
            var fleet = new ArrayList<Machine>();
            for (String name : List.of("a", "b", "c", "d")) {
                fleet.add(clocked(name, "1.0.0"));
            }
            assertTrue(execute("device:swap --check a /pvclock@0 1.1.0").contains("OK"));
            assertEquals("1.0.0", version(fleet.getFirst()));
            assertEquals("a/pvclock@0 is 1.1.0 now", execute("device:swap a /pvclock@0 1.1.0"));
            assertTrue(execute("device:swap --all pvclock 1.1.0").endsWith("3 devices swapped"));
            assertTrue(fleet.stream().allMatch(machine -> version(machine).equals("1.1.0")));

            var clock = fleet.get(2).parts().stream().filter(part -> part.type().equals("pvclock")).findFirst().orElseThrow();
            var state = new TreeMap<>(clock.state());
            state.put(2L, 0x8008_0001L);
            clock.restore(state);
            var failed = assertThrows(MachineException.class, () -> execute("device:swap --all pvclock 1.0.0"));
            assertTrue(failed.getMessage().contains("/pvclock@0.systemTime"), failed.getMessage());
            assertTrue(failed.getMessage().contains(
                "c/pvclock@0: it has kept its version, and so have 1 others; 2 were swapped before"),
                failed.getMessage());
            assertEquals(List.of("1.0.0", "1.0.0", "1.1.0", "1.1.0"), fleet.stream().map(GogoTest::version).toList());
        }
        assertTrue(assertThrows(MachineException.class, () -> execute("device:swap --all pvclock")).getMessage()
            .contains("takes TYPE and VERSION"));
    }

    /** Ctrl-C in a shell is an interrupt of what runs in the foreground. */
    @Test
    void whoWaitsNoLongerForAMigrationHasGivenItUp() throws Exception {
        Machine machine = clocked("kept", "1.2.0");
        try (var listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            var waiting = Thread.ofPlatform().start(() -> assertThrows(Exception.class,
                () -> execute("migration:migrate kept tcp:127.0.0.1:" + listening.getLocalPort())));
            try (Socket silent = listening.accept()) {
                // A source waits for 5 s until a peer says something.
                silent.setSoTimeout(4_000);
                assertTrue(silent.getInputStream().read() >= 0, "it has begun");
                session.foregroundJob().interrupt();
                waiting.join();
                silent.getInputStream().readAllBytes();
            }
        }
        assertEquals(Machine.Phase.PAUSED, machine.phase());
    }

    @Test
    void aMachineIsSentReceivedAndWrittenIntoAFile() throws Exception {
        Machine machine = clocked("leaving", "1.2.0");
        var wrong = assertThrows(MachineException.class, () -> execute("migration:receive --max-memory much --max-clock-jump 3"
            + " --max-machines 0 --allow-path /nowhere arriving unix:" + folder.resolve("line")));
        assertEquals(List.of("max-memory", "max-machines", "max-clock-jump", "allow-path"),
            wrong.reasons().stream().map(Reason::item).toList());
        execute("migration:receive --max-memory 1M arriving unix:" + folder.resolve("line"));
        assertTrue(execute("migration:check leaving unix:" + folder.resolve("line")).contains("arriving.memory: the guest has"));
        execute("migration:cancel arriving");
        String listening = execute("migration:receive arriving unix:" + folder.resolve("line"));
        assertEquals("listening on unix:" + folder.resolve("line"), listening);
        assertTrue(execute("migration:check leaving unix:" + folder.resolve("line")).contains("OK"));
        Path file = folder.resolve("file");
        assertTrue(execute("migration:snapshot leaving " + file).startsWith("leaving is in " + file));
        assertTrue(Files.size(file) > 0);
        assertTrue(execute("migration:migrate leaving unix:" + folder.resolve("line")).startsWith("leaving runs at unix:"));
        assertEquals(Machine.Phase.CLOSED, machine.phase());
        assertTrue(execute("machine:list").contains("arriving"));
        execute("migration:receive nobody tcp:127.0.0.1:0");
        assertThrows(MachineException.class, () -> execute("migration:receive nobody tcp:127.0.0.1:0"));
        execute("migration:cancel nobody");
    }
}
