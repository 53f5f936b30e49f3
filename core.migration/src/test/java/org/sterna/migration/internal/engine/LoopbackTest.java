package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.MigrationService;

/** Whole migrations between two hosts in this process, over real sockets. */
class LoopbackTest {
    private static final Endpoint ANY_PORT = new Endpoint.Tcp("127.0.0.1", 0);
    private static final long SIZE = 16 << 20;

    private final FakeMachine.Disk disk = new FakeMachine.Disk();
    private final FakeHost newHost = new FakeHost(true, disk);
    private final FakeHost oldHost = new FakeHost(false, disk);
    private final MigrationService newMigrations = new MigrationService(newHost);
    private final MigrationService oldMigrations = new MigrationService(oldHost);
    private final BlockingQueue<Machine> arrived = new LinkedBlockingQueue<>();
    private final BlockingQueue<Reason> failed = new LinkedBlockingQueue<>();

    @AfterEach
    void closeAll() {
        newMigrations.close();
        oldMigrations.close();
        newHost.running().forEach(Machine::close);
        oldHost.running().forEach(Machine::close);
    }

    private ReceiveOptions options() {
        return new ReceiveOptions("arrival", Map.of(), arrived::add, failed::add);
    }

    private static MigrationStatus end(org.sterna.migration.OutgoingMigration migration) throws Exception {
        return migration.result().get(60, TimeUnit.SECONDS);
    }

    private void migratesAndStaysTheSame(Endpoint endpoint) throws Exception {
        FakeMachine source = newHost.running("guest", SIZE);
        try (Receiver receiver = oldMigrations.receive(endpoint, options())) {
            MigrationStatus status = end(newMigrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.toString());
            assertEquals(Outcome.OK_IF, status.verdict().outcome());
            assertTrue(status.downtime() > 0 && status.transferred() > 0 && status.round() >= 2, status.toString());
            var destination = (FakeMachine) arrived.poll(10, TimeUnit.SECONDS);
            assertEquals(source.memoryAtStop, destination.memoryAtStart);
            assertEquals(Machine.Phase.RUNNING, destination.phase());
            assertEquals(Machine.Phase.CLOSED, source.phase());
            assertEquals("migrated to " + receiver.endpoint(), source.why());
            assertTrue(disk.heldBy(destination));
        }
    }

    @Test
    void aRunningGuestMovesOverTcp() throws Exception {
        migratesAndStaysTheSame(ANY_PORT);
    }

    @Test
    void aRunningGuestMovesOverAUnixSocket(@TempDir Path directory) throws Exception {
        migratesAndStaysTheSame(new Endpoint.Unix(directory.resolve("migrate")));
    }
}
