package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.BundleException;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;

/**
 * Walks of many hops over the real jars: from one random combination of versions to another, by migration or through a
 * snapshot, with a guest at work that checks itself; where the declared rules refuse, it stays. Every build walks
 * elsewhere, so that builds add up; a failure says how to walk the same way again.
 */
@ExtendWith(ServiceExtension.class)
class RandomWalkTest {
    private static final String SEED = "STERNA_WALK_SEED";
    private static final int HOPS_AT_WORK = 12;
    private static final int HOPS_AT_REST = 6;
    private static final List<String> TYPES = List.of("virtio-blk", "pvclock", "serial");

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    private final List<String> path = new ArrayList<>();
    private Releases releases;
    private Drill drill;
    private Path console;
    private Random random;
    private Machine machine;
    private String abi;
    private int tries;
    private int refusals;

    @BeforeEach
    void install(@TempDir Path folder) throws IOException, BundleException {
        releases = new Releases();
        drill = new Drill(folder);
        console = drill.console();
    }

    @AfterEach
    void uninstall() throws BundleException {
        if (machine != null) {
            machine.close();
        }
        releases.close();
    }

    /**
     * Guests that differ in what old versions cannot take: nothing, a clock page, features of the disk, both, legacy registers.
     *
     * @param refused a version that a walk must stay away from, as {@code type:version}, or nothing
     */
    @ParameterizedTest(name = "{0}, pvclock {1}, disk {2}")
    @CsvSource({"virt-1.0, off, flush=on,", "virt-1.0, on, flush=on, pvclock:1.0.0", "virt-1.1, off, flush=on, virtio-blk:1.0.0",
        "virt-1.1, on, flush=on, pvclock:1.0.1", "virt-1.2, off, registers=legacy, virtio-blk:1.1.0",
        "virt-1.3, on, registers=legacy, virtio-blk:1.2.0"})
    void twentyHops(String machineType, String pvclock, String disk, String refused) throws Exception {
        String given = System.getenv(SEED);
        long seed = given == null ? new Random().nextLong() : Long.parseLong(given);
        random = new Random(seed);
        try {
            machine = drill.boot(machines, console, Drill.appending("drill.pvclock=" + pvclock,
                drill.definition(machineType, console, Map.of(), disk)));
            abi = machine.abi().toJson();
            walk();
            if (refused == null) {
                assertEquals(0, refusals, "nothing that this guest uses is new");
            } else {
                stayAwayFrom(refused.split(":"));
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("walk the same way again with " + SEED + "=" + seed + "; the way was\n"
                + String.join("\n", path) + "\n" + Drill.text(console), e);
        }
    }

    private void walk() throws Exception {
        for (int moved = 0; moved < HOPS_AT_WORK; ) {
            moved += hop(somewhere()) ? 1 : 0;
            theGuestIsWell();
        }
        // What a guest that stands still has, comes back as it was, wherever it has been meanwhile.
        machine.pause();
        var home = versions();
        // The first hop says since when the guest has been away.
        hop(home);
        var states = states();
        for (int moved = 0; moved < HOPS_AT_REST; ) {
            moved += hop(somewhere()) ? 1 : 0;
            assertEquals(Machine.Phase.PAUSED, machine.phase());
        }
        assertTrue(hop(home), "what has left a version can return to it");
        assertEquals(states, states());
        machine.resume();
        theGuestIsWell();
    }

    /** The guest does not get there, however often it is tried. */
    private void stayAwayFrom(String[] refused) throws Exception {
        var there = versions();
        there.put(refused[0], refused[1]);
        assertFalse(hop(there));
        theGuestIsWell();
    }

    /** Anywhere, or where the guest can go: a walk in which it seldom could would hardly move. */
    private Map<String, String> somewhere() {
        boolean possible = random.nextBoolean();
        var there = anywhere();
        while (possible && !Expected.of(machine, machines, there).blocked().isEmpty()) {
            there = anywhere();
        }
        return there;
    }

    private Map<String, String> anywhere() {
        var versions = new TreeMap<String, String>();
        for (String type : TYPES) {
            var installed = machines.models(type).stream().sorted(Comparator.comparing(InstalledModel::version)).toList();
            versions.put(type, installed.get(random.nextInt(installed.size())).version().toString());
        }
        return versions;
    }

    private Part part(String type) {
        return machine.parts().stream().filter(part -> part.path().equals("/" + type + "@0")).findFirst().orElseThrow();
    }

    private Map<String, String> versions() {
        var versions = new TreeMap<String, String>();
        TYPES.forEach(type -> versions.put(type, part(type).version().toString()));
        return versions;
    }

    private Map<String, String> states() {
        var states = new TreeMap<String, String>();
        machine.parts().forEach(part -> states.put(part.path(), HexFormat.of().formatHex(Cbor.encode(part.state()))));
        return states;
    }

    private void theGuestIsWell() throws IOException {
        long seen = Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen).violations());
    }

    /** Tries to go somewhere; says whether it got there. */
    private boolean hop(Map<String, String> there) throws Exception {
        var expected = Expected.of(machine, machines, there);
        boolean throughFile = random.nextInt(4) == 0;
        path.add(versions() + (throughFile ? " through a file to " : " to ") + there + ": " + expected);
        tries++;
        var host = new TreeMap<String, Map<String, String>>();
        there.forEach((type, version) -> host.put("/" + type + "@0", Map.of(Machines.BUNDLE, version)));
        Machine before = machine;
        if (throughFile) {
            throughFile(host, expected);
        } else {
            migrate(host, expected);
        }
        assertEquals(abi, machine.abi().toJson());
        if (!expected.blocked().isEmpty()) {
            refusals++;
            return false;
        }
        assertEquals(Machine.Phase.CLOSED, before.phase());
        assertEquals(there, versions());
        return true;
    }

    private void migrate(Map<String, Map<String, String>> host, Expected expected) throws Exception {
        var arrived = new CompletableFuture<Machine>();
        try (var receiver = migrations.receive(new Endpoint.Unix(drill.file("line")),
                new ReceiveOptions("try-" + tries, host, arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE))) {
            MigrationStatus status = migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
            expected.check(status.verdict());
            if (expected.blocked().isEmpty()) {
                assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
                machine = arrived.get(10, TimeUnit.SECONDS);
            } else {
                assertEquals(MigrationStatus.Phase.FAILED, status.phase());
                assertEquals(0, status.round(), "nothing has been sent");
            }
        }
    }

    private void throughFile(Map<String, Map<String, String>> host, Expected expected) throws Exception {
        Path file = drill.file("try-" + tries + ".sterna");
        boolean ran = machine.phase() == Machine.Phase.RUNNING;
        MigrationStatus saved = migrations.snapshot(machine, file, new SnapshotOptions(
            SnapshotOptions.DEFAULT.downtimeLimit(), 0, true)).result().get(60, TimeUnit.SECONDS);
        assertEquals(MigrationStatus.Phase.COMPLETED, saved.phase(), saved.reasons().toString());
        expected.check(migrations.answer(migrations.declared(file), host));
        if (expected.blocked().isEmpty()) {
            machine.close();
            machine = migrations.restore(file, "try-" + tries, host);
        } else {
            assertThrows(MachineException.class, () -> migrations.restore(file, "try-" + tries, host));
            if (ran) {
                machine.resume();
            }
        }
    }

    /**
     * What the rules of the specification say of a hop, worked out here from what the parts and the models declare.
     *
     * @param conditions the fields that are left behind because they have their defaults
     * @param blocked    what the destination does not have: fields, properties and features
     */
    private record Expected(Set<String> conditions, Set<String> blocked) {
        static Expected of(Machine machine, Machines machines, Map<String, String> there) {
            var expected = new Expected(new TreeSet<>(), new TreeSet<>());
            there.forEach((type, version) -> {
                String path = "/" + type + "@0";
                Part part = machine.parts().stream().filter(p -> p.path().equals(path)).findFirst().orElseThrow();
                var model = machines.models(type).stream().filter(m -> m.version().toString().equals(version)).findFirst()
                    .orElseThrow().model();
                var properties = new TreeSet<String>();
                model.properties().forEach(property -> properties.add(property.name()));
                var seen = new TreeSet<>(machine.abi().devices().get(path).settings().keySet());
                seen.addAll(part.acknowledged());
                seen.removeAll(properties);
                seen.forEach(name -> expected.blocked.add(path + "." + name));
                var known = model.state().schema().fields();
                var state = part.state();
                part.schema().fields().stream().filter(field -> known.stream().noneMatch(k -> k.id() == field.id()))
                    .forEach(field -> (field.isDefault(state.get((long) field.id())) ? expected.conditions : expected.blocked)
                        .add(path + "." + field.name()));
            });
            return expected;
        }

        void check(Verdict verdict) {
            var reasons = new TreeSet<String>();
            verdict.reasons().forEach(reason -> reasons.add(reason.subject() + "." + reason.item()));
            assertEquals(blocked, reasons);
            var named = new TreeSet<String>();
            verdict.conditions().forEach(condition -> named.add(condition.path() + "." + condition.field()));
            assertEquals(conditions, named);
            assertEquals(!blocked.isEmpty() ? Verdict.Outcome.BLOCKED : !conditions.isEmpty() ? Verdict.Outcome.OK_IF
                : Verdict.Outcome.OK, verdict.outcome());
            assertTrue(verdict.reasons().stream().noneMatch(reason -> reason.remedy().isEmpty()), verdict.toString());
        }
    }
}
