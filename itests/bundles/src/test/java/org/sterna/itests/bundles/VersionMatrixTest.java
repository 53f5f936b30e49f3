package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.osgi.framework.BundleException;
import org.osgi.framework.Version;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Verdict;

/**
 * Every device in every released version against every other, both ways, with the real jars side by side in one
 * framework: a guest that checks itself is migrated from a machine on one version to a machine on the other.
 */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VersionMatrixTest {
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    private Drill drill;
    private Releases releases;

    @BeforeAll
    void installReleases(@TempDir Path folder) throws IOException, BundleException {
        drill = new Drill(folder);
        releases = new Releases();
        assertTrue(releases.count() >= 3, "releases of every device");
    }

    @AfterAll
    void uninstallReleases() throws BundleException {
        releases.close();
    }

    /**
     * A field of the state that came with a version.
     *
     * @param name with a default: where a reader lacks it the migration is lossless as long as it has that
     */
    private record Added(Version since, String name) {
        boolean missing(Version writer, Version reader) {
            return writer.compareTo(since) >= 0 && reader.compareTo(since) < 0;
        }
    }

    /** What the versions of each type brought; everything else of the matrix is simply lossless. */
    private static final Map<String, List<Added>> ADDED = Map.of(
        "serial", List.of(),
        "pvclock", List.of(new Added(new Version("1.0.1"), "systemTime"), new Added(new Version("1.1.0"), "wallClock")),
        "virtio-blk", List.of(new Added(new Version("1.2.0"), "legacy"), new Added(new Version("1.2.0"), "cacheOff")));

    private List<Version> versions(String type) {
        List<Version> versions = machines.models().stream().filter(model -> model.model().type().equals(type))
            .map(InstalledModel::version).sorted().toList();
        assertTrue(versions.size() >= 3, type + " " + versions);
        return versions;
    }

    /** The fields on which a migration depends. */
    private static List<String> conditions(String type, Version writer, Version reader) {
        return ADDED.get(type).stream().filter(added -> added.missing(writer, reader)).map(Added::name).toList();
    }

    /** Every version of every device that is here, the released ones and the newest, with every other. */
    Stream<Arguments> pairs() {
        return ADDED.keySet().stream().sorted().flatMap(type -> versions(type).stream().flatMap(writer ->
            versions(type).stream().map(reader -> Arguments.of(type, writer.toString(), reader.toString(),
                conditions(type, writer, reader)))));
    }

    /** The tables of the README are this matrix. */
    @Test
    void theReadmeShowsTheMatrix() throws IOException {
        String readme = Files.readString(Checkout.file("README.md"));
        for (String type : List.of("serial", "pvclock", "virtio-blk")) {
            List<Version> versions = versions(type);
            var table = new StringBuilder("| " + type + ": from | ").append(versions.stream().map(version -> "to " + version)
                .collect(Collectors.joining(" | "))).append(" |\n").append("|---".repeat(versions.size() + 1)).append("|\n");
            for (Version writer : versions) {
                table.append("| ").append(writer).append(" | ").append(versions.stream().map(reader ->
                    cell(conditions(type, writer, reader))).collect(Collectors.joining(" | "))).append(" |\n");
            }
            assertTrue(readme.contains(table), "the README should have\n" + table);
        }
    }

    private static String cell(List<String> conditions) {
        return conditions.isEmpty() ? "OK" : "OK-IF " + String.join(", ", conditions);
    }

    @ParameterizedTest(name = "{0} {1} -> {2}: {3}")
    @MethodSource("pairs")
    void theGuestGoesOn(String type, String writer, String reader, List<String> conditions) throws Exception {
        var expected = conditions.isEmpty() ? Verdict.Outcome.OK : Verdict.Outcome.OK_IF;
        var console = drill.console();
        Machine source = machine(type, writer, console);
        try {
            Drill.await(console, report -> report.seq() >= 2);
            String abi = source.abi().toJson();
            var arrived = new CompletableFuture<Machine>();
            try (var receiver = migrations.receive(new Endpoint.Tcp("127.0.0.1", 0), new ReceiveOptions("arrival",
                    Map.of("/" + type + "@0", Map.of(Machines.BUNDLE, reader)), arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE))) {
                assertEquals(expected, migrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT).outcome());
                MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                    .result().get(60, TimeUnit.SECONDS);
                assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
                assertEquals(expected, status.verdict().outcome());
                assertEquals(conditions, status.verdict().conditions().stream().map(Verdict.Condition::field).toList());
                try (Machine destination = arrived.get(10, TimeUnit.SECONDS)) {
                    assertEquals(reader, part(destination, type).version().toString());
                    assertEquals(abi, destination.abi().toJson());
                    long seen = Drill.last(console).seq();
                    Drill.Report after = Drill.await(console, report -> report.seq() >= seen + 2);
                    assertEquals(0, after.violations(), Files.readString(console));
                }
            }
        } finally {
            source.close();
        }
    }

    @Test
    void anAckedFeatureThatTheReaderLacksBlocksBeforeAnythingIsSent() throws Exception {
        var console = drill.console();
        Machine source = drill.boot(machines, console, drill.definition("virt-1.1", console, Map.of()));
        try {
            Drill.await(console, report -> report.seq() >= 1);
            try (var receiver = migrations.receive(new Endpoint.Unix(drill.file("s")), new ReceiveOptions("arrival",
                    Map.of("/virtio-blk@0", Map.of(Machines.BUNDLE, "1.0.0")), machine -> { }, reason -> { }).withLimits(Drill.ANY_FILE))) {
                MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                    .result().get(60, TimeUnit.SECONDS);
                assertEquals(MigrationStatus.Phase.FAILED, status.phase());
                assertEquals(Verdict.Outcome.BLOCKED, status.verdict().outcome());
                assertEquals("1.0.0", status.verdict().sections().stream().filter(s -> s.type().equals("virtio-blk"))
                    .findFirst().orElseThrow().readerBundle(), "the answer is that of the version that is wanted");
                assertEquals(0, status.round());
                assertTrue(status.reasons().toString().contains("--device virtio-blk,discard=off or --machine virt-1.0"),
                    status.reasons().toString());
                assertEquals(Machine.Phase.RUNNING, source.phase());
                long seen = Drill.last(console).seq();
                assertEquals(0, Drill.await(console, report -> report.seq() > seen).violations());
            }
        } finally {
            source.close();
        }
    }

    private Machine machine(String type, String version, Path console) throws IOException {
        Machine machine = drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of(type, version)));
        assertEquals(version, part(machine, type).version().toString());
        return machine;
    }

    private static Part part(Machine machine, String type) {
        return machine.parts().stream().filter(part -> part.path().equals("/" + type + "@0")).findFirst().orElseThrow();
    }
}
