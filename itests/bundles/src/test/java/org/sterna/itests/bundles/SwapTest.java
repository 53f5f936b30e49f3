package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleException;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.migration.Migrations;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.Verdict;

/** Devices are replaced by other released versions under a running guest, which notices nothing. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class SwapTest {
    private static final String DISK = "/virtio-blk@0";
    private static final String CLOCK = "/pvclock@0";
    private static final String LINE = "/serial@0";

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;
    private Releases releases;

    @BeforeEach
    void install() throws IOException, BundleException {
        releases = new Releases();
    }

    @AfterEach
    void uninstall() throws BundleException {
        releases.close();
    }

    private static String version(Machine machine, String path) {
        return machine.parts().stream().filter(part -> part.path().equals(path)).findFirst().orElseThrow().version().toString();
    }

    private Swap swap(Machine machine, String path, String version) {
        return migrations.swap(machine, path, version, SwapOptions.DEFAULT);
    }

    @Test
    void everyDeviceGoesThroughEveryReleaseUnderAGuestAtWork() throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        try (Machine machine = drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of()))) {
            String abi = machine.abi().toJson();
            String newest = version(machine, DISK);
            for (String version : List.of("1.0.0", "1.2.0", "1.1.0", newest, "1.0.0", newest)) {
                Swap swap = swap(machine, DISK, version);
                assertTrue(swap.done(), swap.reasons().toString());
                assertTrue(swap.pause() > 0);
                assertEquals(version, version(machine, DISK));
                long seen = Drill.last(console).seq();
                Drill.await(console, report -> report.seq() > seen);
            }
            for (String version : List.of("1.0.0", "1.0.1", "1.1.0", "1.0.0")) {
                assertTrue(swap(machine, CLOCK, version).done());
            }
            for (String version : List.of("1.0.0", "1.1.0", "1.0.0")) {
                assertTrue(swap(machine, LINE, version).done());
            }
            long seen = Drill.last(console).seq();
            Drill.Report report = Drill.await(console, later -> later.seq() > seen + 2);
            assertEquals(0, report.violations(), Drill.text(console));
            assertEquals(abi, machine.abi().toJson());
            assertEquals(Machine.Phase.RUNNING, machine.phase());
        }
    }

    /** A guest that stands still, whose clock is in use. */
    private Machine withClockInUse() throws Exception {
        Machine machine = machines.create(new MachineDefinition("clocked", "virt-1.0", 1 << 20, 1, Map.of(), Map.of(),
            List.of(new DeviceDefinition("pvclock", Map.of(Machines.BUNDLE, "1.1.0")))));
        machine.attach();
        var clock = machine.parts().stream().filter(part -> part.path().equals(CLOCK)).findFirst().orElseThrow();
        var state = new TreeMap<>(clock.state());
        state.put(2L, 0x8008_0001L);
        clock.restore(state);
        machine.restored();
        return machine;
    }

    @Test
    void whatWouldForgetSomethingIsRefusedAndTheOldOneGoesOn() throws Exception {
        try (Machine machine = withClockInUse()) {
            Swap refused = swap(machine, CLOCK, "1.0.0");
            assertFalse(refused.done());
            assertEquals(Verdict.Outcome.BLOCKED, refused.verdict().outcome());
            assertEquals("/pvclock@0.systemTime: the new version would forget it: state version 1 of pvclock 1.0.0 has no such field,"
                + " and its value is not the default (swap it for pvclock >= 1.1.0, or give --accept-loss /pvclock@0.systemTime if it is"
                + " known to be harmless)", refused.reasons().getFirst().toString());
            assertEquals("1.1.0", version(machine, CLOCK));
            assertTrue(swap(machine, CLOCK, "1.0.1").done(), "the stable branch knows the one field that is in use");
            var accepted = new SwapOptions(SwapOptions.DEFAULT.limit(), Set.of(CLOCK + ".systemTime"));
            assertTrue(migrations.swap(machine, CLOCK, "1.0.0", accepted).done());
        }
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        try (Machine machine = withClockInUse()) {
            Verdict verdict = migrations.check(machine, CLOCK, "9.9.9", SwapOptions.DEFAULT);
            assertEquals(Verdict.Outcome.BLOCKED, verdict.outcome());
            assertEquals(List.of("no pvclock 9.9.9 is installed"), verdict.reasons().stream().map(Reason::cause).toList());
            assertEquals("", verdict.sections().getFirst().readerBundle(), "no other version is in its place");
            var wrong = assertThrows(MachineException.class, () -> swap(machine, "/pvclock@1", "1.0.0"));
            assertTrue(wrong.getMessage().contains("no such device"), wrong.getMessage());
        }
    }

    /** Whoever is connected to the guest's serial line. */
    private static String read(SocketChannel client, int most) throws IOException {
        var bytes = ByteBuffer.allocate(most);
        return client.read(bytes) < 0 ? "" : StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
    }

    @Test
    @Timeout(60)
    void theClientOfASerialLineStaysConnectedBetweenVersionsThatPassItOn() throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("line"));
        var board = Map.of("kernel", Checkout.file("guest.drill/drill.img").toString(), "append", "drill.pages=512 drill.report=10");
        try (Machine machine = machines.create(new MachineDefinition("talker", "virt-1.0", 32 << 20, 1, board, Map.of(),
                List.of(new DeviceDefinition("serial", Map.of("backend", "unix", "path", address.getPath().toString())))))) {
            machine.attach();
            try (var client = SocketChannel.open(address)) {
                machine.boot();
                assertTrue(read(client, 1).length() > 0, "the guest talks");
                String newest = version(machine, LINE);
                assertTrue(swap(machine, LINE, newest).done(), "for its own kind");
                long seen = machine.instructions();
                while (machine.instructions() == seen) {
                    Thread.onSpinWait();
                }
                assertTrue(read(client, 1).length() > 0, "and goes on talking to the same client");
                assertTrue(swap(machine, LINE, "1.1.0").done());
                while (!read(client, 4096).isEmpty()) {
                    Thread.onSpinWait();
                }
            }
            try (var client = SocketChannel.open(address)) {
                assertTrue(read(client, 1).length() > 0, "a released version that knows nothing of it listens anew");
            }
        }
    }

    @Test
    void machinesOnDifferentVersionsAreUpgradedOneByOne() throws Exception {
        var fleet = new ArrayList<Machine>();
        try {
            for (int i = 0; i < 50; i++) {
                String version = List.of("1.0.0", "1.0.1", "1.1.0").get(i % 3);
                Machine machine = machines.create(new MachineDefinition("fleet-" + i, "virt-1.0", 1 << 20, 1, Map.of(), Map.of(),
                    List.of(new DeviceDefinition("pvclock", Map.of(Machines.BUNDLE, version)))));
                fleet.add(machine);
                machine.attach();
                machine.restored();
                assertEquals(version, version(machine, CLOCK));
            }
            for (Machine machine : fleet) {
                assertTrue(swap(machine, CLOCK, "1.2.0").done());
            }
            assertTrue(fleet.stream().allMatch(machine -> version(machine, CLOCK).equals("1.2.0")));
        } finally {
            fleet.forEach(Machine::close);
        }
    }

    @Test
    void upAndDownAgainAndAgainUnderLoad() throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        try (Machine machine = drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of()))) {
            for (int i = 0; i < 100; i++) {
                Swap swap = swap(machine, DISK, i % 2 == 0 ? "1.0.0" : "1.2.0");
                assertTrue(swap.done(), swap.reasons().toString());
            }
            long seen = Drill.last(console).seq();
            assertEquals(0, Drill.await(console, later -> later.seq() > seen + 2).violations(), Drill.text(console));
        }
    }
}
