package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleException;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Verdict;

/**
 * pvclock 1.0.1 of the stable branch has one field of what 1.1.0 brought, as an extension of state version 1. Its state
 * is neither version 1 nor version 2, so no linear number could say who understands whom.
 */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class ExtensionTest {
    private static final String CLOCK = "/pvclock@0";
    private static final long SYSTEM_TIME = 2;
    private static final long WALL_CLOCK = 3;

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

    /** A guest that stands still, whose clock has some registers in use. */
    private Machine using(Map<Long, Long> registers) throws Exception {
        Machine machine = machines.create(new MachineDefinition("clocked", "virt-1.0", 1 << 20, 1, Map.of(), Map.of(),
            List.of(new DeviceDefinition("pvclock", Map.of(Machines.BUNDLE, "1.1.0")))));
        machine.attach();
        var state = state(machine);
        state.putAll(registers);
        clock(machine).restore(state);
        machine.restored();
        return machine;
    }

    private static Part clock(Machine machine) {
        return machine.parts().stream().filter(part -> part.path().equals(CLOCK)).findFirst().orElseThrow();
    }

    private static SortedMap<Long, Object> state(Machine machine) {
        return new TreeMap<>(clock(machine).state());
    }

    private ReceiveOptions on(String version, CompletableFuture<Machine> arrived) {
        return new ReceiveOptions("on-" + version, Map.of(CLOCK, Map.of(Machines.BUNDLE, version)), arrived::complete,
            reason -> { }).withLimits(Drill.ANY_FILE);
    }

    private Verdict verdict(Machine machine, String version) {
        try (var receiver = migrations.receive(new Endpoint.Unix(folder.resolve("c")), on(version, new CompletableFuture<>()))) {
            return migrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT);
        }
    }

    private Machine hop(Machine machine, String version) throws Exception {
        var arrived = new CompletableFuture<Machine>();
        try (var receiver = migrations.receive(new Endpoint.Unix(folder.resolve("h")), on(version, arrived))) {
            MigrationStatus status =
                migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT).result().get(60, TimeUnit.SECONDS);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            return arrived.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatTheFixCarriesGoesToTheStableBranchAndNotToTheReleaseBeforeIt() throws Exception {
        Machine machine = using(Map.of(SYSTEM_TIME, 0x8008_0001L));
        Verdict stable = verdict(machine, "1.0.1");
        assertEquals(Verdict.Outcome.OK_IF, stable.outcome(), stable.reasons().toString());
        assertEquals(List.of(new Verdict.Condition(CLOCK, "wallClock")), stable.conditions());
        Verdict older = verdict(machine, "1.0.0");
        assertEquals(Verdict.Outcome.BLOCKED, older.outcome());
        assertEquals("systemTime", older.reasons().getFirst().item());

        // Down to the stable branch, across to the newest, back to the stable branch: nothing is lost on any hop.
        for (String version : List.of("1.0.1", "1.2.0", "1.0.1", "1.1.0")) {
            machine = hop(machine, version);
            assertEquals(version, clock(machine).version().toString());
            assertEquals(0x8008_0001L, state(machine).get(SYSTEM_TIME));
        }
        machine.close();
    }

    /** Each release lacks what the one before it has. A clock that is not in use goes all the way down, and up again. */
    @Test
    void aClockThatIsNotInUseGoesAllTheWayDownAndBack() throws Exception {
        Machine machine = using(Map.of());
        machine = hop(machine, "1.1.0");
        var states = new TreeMap<String, String>();
        machine.parts().forEach(part -> states.put(part.path(), HexFormat.of().formatHex(Cbor.encode(part.state()))));
        for (String version : List.of("1.0.1", "1.0.0", "1.0.1", "1.1.0", "1.0.0", "1.2.0", "1.0.0", "1.1.0")) {
            machine = hop(machine, version);
            assertEquals(version, clock(machine).version().toString());
        }
        for (Part part : machine.parts()) {
            assertEquals(states.get(part.path()), HexFormat.of().formatHex(Cbor.encode(part.state())), part.path());
        }
        machine.close();
    }

    /** What 1.0.1 has taken over, it does not hand down to a release that would forget it. */
    @Test
    void aClockInUseStopsAtTheStableBranch() throws Exception {
        Machine machine = hop(using(Map.of(SYSTEM_TIME, 0x8008_0001L)), "1.0.1");
        try {
            Verdict older = verdict(machine, "1.0.0");
            assertEquals(Verdict.Outcome.BLOCKED, older.outcome());
            assertEquals(List.of("systemTime"), older.reasons().stream().map(reason -> reason.item()).toList());
            machine = hop(machine, "1.1.0");
            assertEquals(0x8008_0001L, state(machine).get(SYSTEM_TIME));
        } finally {
            machine.close();
        }
    }

    @Test
    void whatTheStableBranchLeftOutBlocks() throws Exception {
        try (Machine machine = using(Map.of(SYSTEM_TIME, 0x8008_0001L, WALL_CLOCK, 0x8008_1000L))) {
            Verdict stable = verdict(machine, "1.0.1");
            assertEquals(Verdict.Outcome.BLOCKED, stable.outcome());
            assertEquals(List.of("wallClock"), stable.reasons().stream().map(reason -> reason.item()).toList());
            assertTrue(stable.reasons().getFirst().remedy().contains("install pvclock >= 1.1.0"), stable.reasons().toString());
        }
    }
}
