package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
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

/** A machine of several processors over the wire: all of them work, or all but one are parked. */
@ExtendWith(ServiceExtension.class)
class MultiHartTest {
    /** The guest's records, see guest/harts.S. */
    private static final long RECORDS = 0x8020_1000L;
    private static final long SHARED = RECORDS + 8 * 64;
    private static final int COUNT = 0;
    private static final int VIOLATIONS = 8;
    private static final int WOKEN = 16;
    /** The field of a hart's state that says whether it is halted. */
    private static final long HALTED = 4;
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;

    /** A machine whose harts have all counted and been woken for a while. */
    private Machine boot(int harts) {
        Machine machine = machines.create(new MachineDefinition("harts", "virt-1.1", 16 << 20, harts,
            Map.of("kernel", Checkout.file("itests/bundles/guest/harts.img").toString()), Map.of(), List.of()));
        machine.attach();
        machine.boot();
        return machine;
    }

    private static long word(Machine machine, int hart, int offset) {
        return machine.memory().getLong(RECORDS + 64L * hart + offset);
    }

    private static long[] words(Machine machine, int harts, int offset) {
        return IntStream.range(0, harts).mapToLong(hart -> word(machine, hart, offset)).toArray();
    }

    private static void awaitWork(Machine machine, int harts) {
        long[] counts = words(machine, harts, COUNT);
        long[] woken = words(machine, harts, WOKEN);
        for (int hart = 0; hart < harts; hart++) {
            long deadline = System.nanoTime() + PATIENCE;
            while (word(machine, hart, COUNT) <= counts[hart] + 10_000 || word(machine, hart, WOKEN) <= woken[hart] + 3) {
                assertTrue(System.nanoTime() < deadline, "hart " + hart + " does not go on");
                LockSupport.parkNanos(1_000_000);
            }
        }
        assertEquals(0, LongStream.of(words(machine, harts, VIOLATIONS)).sum());
    }

    private Machine migrate(Machine source) throws Exception {
        var arrived = new CompletableFuture<Machine>();
        try (var receiver = migrations.receive(new Endpoint.Tcp("127.0.0.1", 0),
                new ReceiveOptions("arrival", Map.of(), arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE))) {
            MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            return arrived.get(10, TimeUnit.SECONDS);
        }
    }

    /** The states of all parts; of the clock guest time alone, since it also says what the host's clock shows. */
    private static Map<String, String> states(Machine machine) {
        var states = new TreeMap<String, String>();
        machine.parts().forEach(part -> states.put(part.path(), HexFormat.of().formatHex(Cbor.encode(part.state()))));
        states.put("/clock", Long.toString(machine.clock().now()));
        return states;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void everyHartGoesOnAtTheDestination(int harts) throws Exception {
        try (Machine source = boot(harts)) {
            awaitWork(source, harts);
            long[] before = words(source, harts, COUNT);
            try (Machine destination = migrate(source)) {
                awaitWork(destination, harts);
                destination.pause();
                long[] after = words(destination, harts, COUNT);
                IntStream.range(0, harts).forEach(hart -> assertTrue(after[hart] > before[hart], "hart " + hart));
                // A hart may have been stopped between its own count and the one that all share.
                long unshared = LongStream.of(after).sum() - destination.memory().getLong(SHARED);
                assertTrue(unshared >= 0 && unshared <= harts, "of the counts " + unshared + " are not shared");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void everyStateArrivesAsItWas(int harts) throws Exception {
        try (Machine source = boot(harts)) {
            awaitWork(source, harts);
            source.pause();
            var states = states(source);
            assertTrue(states.containsKey("/riscv64@" + (harts - 1)), states.keySet().toString());
            try (Machine destination = migrate(source)) {
                assertEquals(Machine.Phase.PAUSED, destination.phase());
                assertEquals(states, states(destination));
                destination.resume();
                awaitWork(destination, harts);
            }
        }
    }

    /** The drill guest uses one hart only; nobody has started the others, and they arrive as they are. */
    @Test
    void parkedHartsStayParked(@TempDir Path folder) throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        MachineDefinition one = drill.definition("virt-1.1", console, Map.of());
        var four = new MachineDefinition(one.name(), one.machineType(), one.memory(), 4, one.board(), one.processor(),
            one.devices());
        try (Machine source = drill.boot(machines, console, four)) {
            try (Machine destination = migrate(source)) {
                long seen = Drill.last(console).seq();
                assertEquals(0, Drill.await(console, report -> report.seq() >= seen + 2).violations(),
                    Files.readString(console));
                destination.pause();
                for (Part part : destination.parts()) {
                    if (part.type().equals("riscv64")) {
                        assertEquals(!part.path().equals("/riscv64@0"), part.state().get(HALTED), part.path());
                    }
                }
            }
        }
    }
}
