package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.transport.Timeouts;

/** A line that is slow but steady is alive: what counts is bytes, not frames, at both ends. */
class SlowLineTest {
    private static final Timeouts IMPATIENT = new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(1),
        Duration.ofMillis(200), Duration.ofSeconds(3), Duration.ofSeconds(10));
    /** A frame of 128 pages takes more than twice as long as the time after which a peer is silent. */
    private static final int BYTES_PER_SECOND = 200 << 10;

    @Test
    void aFrameThatTakesLongerThanASilenceArrives() throws Exception {
        try (var hosts = new TwoHosts(IMPATIENT, IMPATIENT); Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var line = new SlowLine(receiver.endpoint(), BYTES_PER_SECOND)) {
            FakeMachine source = hosts.newHost.running("guest", 3 << 20);
            source.rate = 0;
            byte[] page = new byte[GuestMemory.PAGE_SIZE];
            var random = new Random(1);
            for (int i = 0; i < source.memory().pages() / 2; i++) {
                random.nextBytes(page);
                source.memory().put(source.memory().base() + (long) i * page.length, page, 0, page.length);
            }
            MigrationStatus status = hosts.newMigrations.migrate(source, line.endpoint(), MigrationOptions.DEFAULT).result()
                .get(120, TimeUnit.SECONDS);
            assertEquals(Phase.COMPLETED, status.phase(), status.toString());
            assertTrue(status.elapsed() > Duration.ofSeconds(5).toNanos(), "the line was slow: " + status);
            assertEquals(source.memoryAtStop, hosts.arrived().memoryAtStart);
        }
    }
}
