package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;

/** A guest drives its disk over each interface that virtio has, and goes on doing so after a migration. */
@ExtendWith(ServiceExtension.class)
class DiskInterfaceTest {
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
        "registers=modern,mq=off | interface=modern queues=1", "registers=modern,mq=on,queues=4 | interface=modern queues=4",
        "registers=legacy,mq=off | interface=legacy queues=1", "registers=legacy,mq=on,queues=3 | interface=legacy queues=3",
        "registers=legacy,mq=on,queues=4,queue-size=16 | interface=legacy queues=4"})
    void theGuestGoesOn(String properties, String announced) throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        try (Machine source = drill.boot(machines, console,
                drill.definition("virt-1.2", console, Map.of(), properties.split(",")))) {
            assertTrue(Drill.text(console).contains(announced), Drill.text(console));
            var arrived = new CompletableFuture<Machine>();
            try (var receiver = migrations.receive(new Endpoint.Unix(drill.file("s")),
                    new ReceiveOptions("arrival", Map.of(), arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE))) {
                MigrationStatus status = migrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT)
                    .result().get(60, TimeUnit.SECONDS);
                assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
                try (Machine destination = arrived.get(10, TimeUnit.SECONDS)) {
                    assertEquals(source.abi().toJson(), destination.abi().toJson());
                    long seen = Drill.last(console).seq();
                    assertEquals(0, Drill.await(console, report -> report.seq() >= seen + 3).violations(), Drill.text(console));
                }
            }
        }
    }
}
