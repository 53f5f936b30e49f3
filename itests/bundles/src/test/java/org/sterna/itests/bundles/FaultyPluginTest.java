package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Ownership;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;

/**
 * A disk of which one method throws, or does not return, at boot and on either side of a migration: path, bundle and method are
 * named, the guest at work goes on, and everything ends. Swaps are in {@link SwapFaultTest}.
 */
@ExtendWith(ServiceExtension.class)
class FaultyPluginTest {
    private static final String DISK = "/virtio-blk@0";
    private static final String PLANTED = "org.sterna.itests.planted 99.0.0 ";

    /** What a faulty method does. */
    private enum Wrong {
        EXCEPTION, ERROR, HANG
    }

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile String faulty = "";
    private volatile Wrong wrong;

    /** Calls that hang return at last. */
    @AfterEach
    void end() {
        faulty = "";
        end.countDown();
    }

    private void fail() throws InterruptedException {
        switch (wrong) {
            case EXCEPTION -> throw new IllegalStateException("broken");
            case ERROR -> throw new NoClassDefFoundError("org/example/Missing");
            case HANG -> end.await();
        }
    }

    private Object in(String method, Object[] arguments, Planted.Original original) throws Throwable {
        if (method.equals(faulty)) {
            fail();
        }
        return original.call(arguments);
    }

    /** A newer disk of which a method is faulty as soon as it is named. */
    private Planted plant() throws Exception {
        return Planted.instead(DeviceFactory.class, "virtio-blk", factory -> Planted.intercept(DeviceFactory.class, factory,
            (method, arguments, original) -> {
                Object answer = in(method, arguments, original);
                return method.equals("create") ? Planted.intercept(Device.class, (Device<?>) answer, this::in) : answer;
            }));
    }

    private void spoil(String method, Wrong how) {
        wrong = how;
        faulty = method;
    }

    private static void assertNamed(String said, String method, Wrong how) {
        assertTrue(said.contains(DISK) && said.contains(PLANTED + switch (how) {
            case EXCEPTION -> "has failed in " + method + "(): java.lang.IllegalStateException: broken";
            case ERROR -> "has failed in " + method + "(): java.lang.NoClassDefFoundError: org/example/Missing";
            case HANG -> "has not returned from " + method + "() ";
        }), said);
    }

    @ParameterizedTest
    @CsvSource({"create,ERROR", "create,HANG", "claims,ERROR", "attach,EXCEPTION", "attach,ERROR", "reset,ERROR", "node,ERROR",
        "start,ERROR"})
    void atBoot(String method, Wrong how) throws Exception {
        var drill = new Drill(folder);
        try (var planted = plant()) {
            spoil(method, how);
            var failure = assertThrows(MachineException.class, () -> {
                try (Machine machine = machines.create(drill.definition("virt-1.3", drill.console(), Map.of()))) {
                    machine.attach();
                    machine.boot();
                }
            });
            assertNamed(failure.getMessage(), method, how);
        }
    }

    @ParameterizedTest
    @CsvSource({"create,ERROR", "obstacles,ERROR", "obstacles,HANG", "attach,EXCEPTION", "restore,ERROR", "restore,HANG",
        "state,ERROR"})
    void atTheDestination(String method, Wrong how) throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        var arrivals = new LinkedBlockingQueue<Machine>();
        try (Machine machine = drill.boot(machines, console, drill.definition("virt-1.3", console, Map.of()));
                var planted = plant();
                // One that hangs keeps the disk until it returns; the source waits for the disk for a while.
                var receiver = migrations.receive(new Endpoint.Unix(drill.file("s")), new ReceiveOptions("arrival", Map.of(),
                    arrivals::add, reason -> end.countDown()).withLimits(Drill.ANY_FILE))) {
            spoil(method, how);
            MigrationStatus status = migrate(machine, receiver.endpoint());
            assertEquals(MigrationStatus.Phase.FAILED, status.phase());
            assertNamed(status.reasons().toString(), method, how);
            assertTrue(arrivals.isEmpty());
            goesOn(console);
            faulty = "";
            assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
            // A device that is sound again arrives.
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            do {
                status = migrate(machine, receiver.endpoint());
            } while (status.phase() != MigrationStatus.Phase.COMPLETED && System.nanoTime() < deadline);
            try (Machine arrival = arrivals.poll(10, TimeUnit.SECONDS)) {
                assertNotNull(arrival, status::toString);
                goesOn(console);
            }
        }
    }

    private MigrationStatus migrate(Machine machine, Endpoint target) throws Exception {
        return migrations.migrate(machine, target, MigrationOptions.DEFAULT).result().get(90, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({"quiesce,ERROR", "quiesce,HANG", "state,ERROR"})
    void atTheSource(String method, Wrong how) throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        try (var planted = plant();
                Machine machine = drill.boot(machines, console, drill.definition("virt-1.3", console, Map.of()));
                var receiver = migrations.receive(new Endpoint.Unix(drill.file("s")), new ReceiveOptions("arrival", Map.of(),
                    Machine::close, reason -> { }).withLimits(Drill.ANY_FILE))) {
            spoil(method, how);
            String said;
            try {
                MigrationStatus status = migrate(machine, receiver.endpoint());
                assertEquals(MigrationStatus.Phase.FAILED, status.phase());
                said = status.reasons().toString();
            } catch (MachineException e) {
                said = e.getMessage();
            }
            assertNamed(said, method, how);
            assertEquals(Ownership.LOCAL, machine.ownership());
            faulty = "";
            end.countDown();
            goesOn(console);
            assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
        }
    }

    private static void goesOn(Path console) throws Exception {
        long seen = Drill.last(console).seq();
        Drill.await(console, report -> report.seq() > seen + 1);
        String text = Drill.text(console);
        // A guest that has stood still for as long as a call may take sees its clock jump.
        assertFalse(text.contains("DRILL violation ram") || text.contains("DRILL violation disk"), text);
    }
}
