package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Receiver;

/** A lease is lost while its machine is being migrated (specification, section 7.4): nobody lets the guest go on by himself. */
class LeaseTest {
    private static final String CAUSE = "the cluster gave it to another host";
    private final TwoHosts hosts = new TwoHosts();

    @AfterEach
    void close() {
        hosts.close();
    }

    /** The machine loses its lease as soon as it stands still for the first time. */
    private static FakeMachine fencedAtStop(FakeMachine machine) {
        var once = new AtomicBoolean();
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.PAUSED && once.compareAndSet(false, true)) {
                machine.fence(CAUSE);
            }
        });
        return machine;
    }

    private void theSourceStaysPausedUntilItHasALeaseAgain(FakeMachine source, Receiver receiver, MigrationStatus status)
            throws Exception {
        assertEquals(MigrationStatus.Phase.FAILED, status.phase(), status.toString());
        assertTrue(status.reasons().getFirst().cause().contains("the guest may run elsewhere: " + CAUSE), status.toString());
        assertTrue(source.fenced() && source.phase() == Machine.Phase.PAUSED);
        assertEquals(CAUSE, source.why());
        hosts.failed();
        assertTrue(hosts.oldHost.machines.isEmpty());
        MigrationStatus refused = TwoHosts.end(hosts.migrate(source, receiver));
        assertEquals(MigrationStatus.Phase.FAILED, refused.phase());
        assertNull(refused.verdict(), "nobody was asked");
        source.attach();
        source.resume();
        assertEquals(MigrationStatus.Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
        assertEquals(source.memoryAtStop, hosts.arrived().memoryAtStart);
        assertEquals(List.of(), hosts.disk.violations());
    }

    @Test
    void bySourceWhilePagesAreSent() throws Exception {
        FakeMachine source = hosts.source();
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            var migration = hosts.newMigrations.migrate(source, receiver.endpoint(),
                new MigrationOptions(Duration.ofMillis(1), 100_000, Set.of()));
            hosts.await(() -> migration.status().transferred() > 0);
            source.fence(CAUSE);
            theSourceStaysPausedUntilItHasALeaseAgain(source, receiver, TwoHosts.end(migration));
        }
    }

    @Test
    void bySourceWhenItHasStopped() throws Exception {
        FakeMachine source = fencedAtStop(hosts.source());
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            theSourceStaysPausedUntilItHasALeaseAgain(source, receiver, TwoHosts.end(hosts.migrate(source, receiver)));
        }
    }

    @Test
    void byDestinationBeforeTheCommit() throws Exception {
        FakeMachine source = hosts.source();
        hosts.oldHost.onBuild = LeaseTest::fencedAtStop;
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(MigrationStatus.Phase.FAILED, status.phase(), status.toString());
            assertEquals("the destination says: " + CAUSE, status.reasons().getFirst().cause());
            assertEquals(Machine.Phase.RUNNING, source.phase(), "it has its own lease again");
            assertTrue(hosts.disk.heldBy(source));
            hosts.oldHost.onBuild = machine -> machine;
            hosts.failed();
            assertEquals(MigrationStatus.Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
        }
    }
}
