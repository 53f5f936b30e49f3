package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
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
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
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
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final Pattern REPORT = Pattern.compile("DRILL report seq=([0-9]+) checks=([0-9]+) violations=([0-9]+) ");

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;
    private final List<Bundle> released = new ArrayList<>();
    private int runs;

    @BeforeAll
    void installReleases() throws IOException, BundleException {
        BundleContext context = FrameworkUtil.getBundle(getClass()).getBundleContext();
        try (var jars = Files.list(Checkout.file("cnf/release"))) {
            for (Path jar : jars.filter(path -> path.toString().endsWith(".jar")).toList()) {
                Bundle bundle = context.installBundle(jar.toUri().toString());
                bundle.start();
                released.add(bundle);
            }
        }
        assertTrue(released.size() >= 3, "releases of every device");
    }

    @AfterAll
    void uninstallReleases() throws BundleException {
        for (Bundle bundle : released) {
            bundle.uninstall();
        }
    }

    @ParameterizedTest(name = "{0} {1} -> {2}: {3}")
    @CsvSource({
        "serial,     1.0.0, 1.0.0, OK", "serial,     1.0.0, 1.1.0, OK", "serial,     1.1.0, 1.0.0, OK",    "serial,     1.1.0, 1.1.0, OK",
        "pvclock,    1.0.0, 1.0.0, OK", "pvclock,    1.0.0, 1.1.0, OK", "pvclock,    1.1.0, 1.0.0, OK_IF", "pvclock,    1.1.0, 1.1.0, OK",
        "virtio-blk, 1.0.0, 1.0.0, OK", "virtio-blk, 1.0.0, 1.1.0, OK", "virtio-blk, 1.1.0, 1.0.0, OK",    "virtio-blk, 1.1.0, 1.1.0, OK"})
    void theGuestGoesOn(String type, String writer, String reader, Verdict.Outcome expected) throws Exception {
        var console = folder.resolve("console" + ++runs);
        Machine source = machine(type, writer, console);
        try {
            await(console, report -> report.seq() >= 2);
            String abi = source.abi().toJson();
            var arrived = new CompletableFuture<Machine>();
            try (var receiver = migrations.receive(new Endpoint.Tcp("127.0.0.1", 0), new ReceiveOptions("arrival",
                    Map.of("/" + type + "@0", Map.of(Machines.BUNDLE, reader)), arrived::complete, reason -> { }))) {
                assertEquals(expected, migrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT).outcome());
                MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                    .result().get(60, TimeUnit.SECONDS);
                assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
                assertEquals(expected, status.verdict().outcome());
                try (Machine destination = arrived.get(10, TimeUnit.SECONDS)) {
                    assertEquals(reader, part(destination, type).version().toString());
                    assertEquals(abi, destination.abi().toJson());
                    long seen = last(console).seq();
                    Report after = await(console, report -> report.seq() >= seen + 2);
                    assertEquals(0, after.violations(), Files.readString(console));
                }
            }
        } finally {
            source.close();
        }
    }

    @Test
    void anAckedFeatureThatTheReaderLacksBlocksBeforeAnythingIsSent() throws Exception {
        var console = folder.resolve("console" + ++runs);
        Machine source = machines.create(definition("virt-1.1", "", "", console));
        try {
            source.attach();
            source.boot();
            await(console, report -> report.seq() >= 1);
            try (var receiver = migrations.receive(new Endpoint.Unix(folder.resolve("s")), new ReceiveOptions("arrival",
                    Map.of("/virtio-blk@0", Map.of(Machines.BUNDLE, "1.0.0")), machine -> { }, reason -> { }))) {
                MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                    .result().get(60, TimeUnit.SECONDS);
                assertEquals(MigrationStatus.Phase.FAILED, status.phase());
                assertEquals(Verdict.Outcome.BLOCKED, status.verdict().outcome());
                assertEquals(0, status.round());
                assertTrue(status.reasons().toString().contains("--device virtio-blk,discard=off or --machine virt-1.0"),
                    status.reasons().toString());
                assertEquals(Machine.Phase.RUNNING, source.phase());
                long seen = last(console).seq();
                assertEquals(0, await(console, report -> report.seq() > seen).violations());
            }
        } finally {
            source.close();
        }
    }

    private MachineDefinition definition(String machineType, String type, String version, Path console) throws IOException {
        Path disk = folder.resolve("disk" + runs);
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        var devices = new ArrayList<DeviceDefinition>();
        for (String device : List.of("serial,backend=file,path=" + console, "pvclock", "virtio-blk,drive=" + disk)) {
            devices.add(DeviceDefinition.parse(device.startsWith(type + ",") || device.equals(type)
                ? device + "," + Machines.BUNDLE + "=" + version : device));
        }
        return new MachineDefinition("matrix", machineType, 32 << 20, 1, Map.of("kernel",
            Checkout.file("guest.drill/drill.img").toString(), "append", "drill.rate=500 drill.pages=512 drill.report=100"),
            Map.of(), devices);
    }

    private Machine machine(String type, String version, Path console) throws IOException {
        Machine machine = machines.create(definition("virt-1.0", type, version, console));
        machine.attach();
        machine.boot();
        assertEquals(version, part(machine, type).version().toString());
        return machine;
    }

    private static Part part(Machine machine, String type) {
        return machine.parts().stream().filter(part -> part.path().equals("/" + type + "@0")).findFirst().orElseThrow();
    }

    private record Report(long seq, long checks, long violations) {
    }

    private static Report last(Path console) throws IOException {
        Report last = null;
        Matcher matcher = REPORT.matcher(Files.exists(console) ? Files.readString(console) : "");
        while (matcher.find()) {
            last = new Report(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
        }
        return last;
    }

    private static Report await(Path console, Predicate<Report> condition) throws IOException {
        long deadline = System.nanoTime() + PATIENCE;
        while (true) {
            Report report = last(console);
            if (report != null && condition.test(report)) {
                return report;
            }
            if (System.nanoTime() > deadline) {
                assertNotNull(null, "the guest has fallen silent: "
                    + (Files.exists(console) ? Files.readString(console) : "no console"));
            }
            LockSupport.parkNanos(5_000_000);
        }
    }
}
