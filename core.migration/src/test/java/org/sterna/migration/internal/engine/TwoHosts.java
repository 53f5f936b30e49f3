package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.sterna.machine.Machine;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.OutgoingMigration;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.MigrationService;
import org.sterna.migration.internal.transport.Timeouts;

/** A host with the new devices and one with the old ones, which share a disk. */
final class TwoHosts implements AutoCloseable {
    static final Endpoint ANY_PORT = new Endpoint.Tcp("127.0.0.1", 0);
    private static final Timeouts SHORT = new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(8),
        Duration.ofMillis(200), Duration.ofSeconds(20), Duration.ofSeconds(10));

    final FakeMachine.Disk disk = new FakeMachine.Disk();
    final FakeHost newHost = new FakeHost(true, disk);
    final FakeHost oldHost = new FakeHost(false, disk);
    final MigrationService newMigrations;
    final MigrationService oldMigrations;
    final BlockingQueue<Machine> arrivals = new LinkedBlockingQueue<>();
    final BlockingQueue<Reason> failed = new LinkedBlockingQueue<>();

    TwoHosts() {
        this(SHORT);
    }

    TwoHosts(Timeouts receiver) {
        this(SHORT, receiver);
    }

    TwoHosts(Timeouts sender, Timeouts receiver) {
        newMigrations = new MigrationService(newHost, sender);
        oldMigrations = new MigrationService(oldHost, receiver);
    }

    FakeMachine source() {
        return newHost.running("guest", 8 << 20);
    }

    ReceiveOptions options(String name) {
        return new ReceiveOptions(name, Map.of(), arrivals::add, failed::add);
    }

    /** The old host waits. */
    Receiver receive(Endpoint endpoint) {
        return oldMigrations.receive(endpoint, options("arrival"));
    }

    OutgoingMigration migrate(FakeMachine source, Receiver receiver) {
        return newMigrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT);
    }

    static MigrationStatus end(OutgoingMigration migration) throws Exception {
        return migration.result().get(60, TimeUnit.SECONDS);
    }

    FakeMachine arrived() throws InterruptedException {
        return (FakeMachine) assertNotNullIn(arrivals);
    }

    /** The next reason that the receiver gave. */
    Reason failed() throws InterruptedException {
        return assertNotNullIn(failed);
    }

    private static <T> T assertNotNullIn(BlockingQueue<T> queue) throws InterruptedException {
        T item = queue.poll(30, TimeUnit.SECONDS);
        assertNotNull(item);
        return item;
    }

    void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                fail("the condition has not come true");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        newMigrations.close();
        oldMigrations.close();
        newHost.running().forEach(Machine::close);
        oldHost.running().forEach(Machine::close);
    }
}
