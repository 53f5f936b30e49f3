package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.internal.engine.CuttingProxy.Cut;
import org.sterna.migration.internal.wire.FrameType;

/** A guest that was handed over without a confirmation goes on from a file only if it did not run at the destination. */
class HandedOverTest {
    private static final SnapshotOptions KEEP = SnapshotOptions.DEFAULT.withHandedOver();

    @TempDir
    Path folder;
    private final TwoHosts hosts = new TwoHosts();
    private FakeMachine source;
    private Path file;

    @BeforeEach
    void aGuest() {
        hosts.newHost.knowsContents = true;
        hosts.oldHost.knowsContents = true;
        source = hosts.source();
        file = folder.resolve("guest.sterna");
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    private void handOver(Cut cut) throws Exception {
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var proxy = new CuttingProxy(receiver.endpoint(), cut)) {
            TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
        }
        assertEquals(Machine.Phase.PAUSED, source.phase());
    }

    private MigrationStatus snapshot(SnapshotOptions options) throws Exception {
        return TwoHosts.end(hosts.newMigrations.snapshot(source, file, options));
    }

    @Test
    void itGoesOnFromTheFileIfItDidNotRunThere() throws Exception {
        handOver(new Cut(FrameType.COMMIT, false));
        assertEquals(Ownership.UNCONFIRMED, source.ownership());
        assertEquals(Phase.FAILED, snapshot(SnapshotOptions.DEFAULT).phase(), "nobody has asked for it");
        assertFalse(Files.exists(file));

        MigrationStatus status = snapshot(KEEP);
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        assertEquals(Ownership.UNCONFIRMED, source.ownership(), "a file decides nothing");
        assertTrue(source.runRequested());
        assertThrows(MachineException.class, source::resume);
        hosts.await(() -> hosts.oldHost.machines.isEmpty());
        source.close();

        var back = (FakeMachine) hosts.newMigrations.restore(file, "back", Map.of());
        assertEquals(Machine.Phase.RUNNING, back.phase());
        assertEquals(source.memoryAtStop, back.memoryAtStart);
        hosts.await(() -> back.instructions() > 3);
        assertEquals(List.of(), hosts.disk.violations());
    }

    @Test
    void itDoesNotGoOnFromTheFileIfItRanThere() throws Exception {
        handOver(new Cut(FrameType.COMMIT, true));
        FakeMachine there = hosts.arrived();
        hosts.await(() -> there.instructions() > 3);
        MigrationStatus status = snapshot(KEEP);
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        source.close();
        there.close();
        var refused = assertThrows(MachineException.class, () -> hosts.newMigrations.restore(file, "back", Map.of()));
        assertEquals("/disk@0", refused.reasons().getFirst().subject(), refused.getMessage());
        assertEquals(List.of(), hosts.disk.violations());
    }

    /** The destination may have gone since, and its guest with it: what the guest here knows of its disk is old all the same. */
    @Test
    void itIsNotTakenBackIfItRanThere() throws Exception {
        handOver(new Cut(FrameType.COMMIT, true));
        FakeMachine there = hosts.arrived();
        hosts.await(() -> there.instructions() > 3);
        there.close();
        var refused = assertThrows(MachineException.class, source::reclaim);
        assertEquals("/disk@0", refused.reasons().getFirst().subject(), refused.getMessage());
        assertTrue(refused.getMessage().contains("not as it was when the guest was handed over"), refused.getMessage());
        assertEquals(Ownership.UNCONFIRMED, source.ownership());
        assertFalse(source.attached());
        assertThrows(MachineException.class, source::resume);
    }

    @Test
    void aSnapshotWaitsForWhatIsUnderWay() throws Exception {
        Operation other = source.begin(Operation.Kind.SWAP, "of a test", Duration.ZERO);
        assertEquals(Phase.FAILED, snapshot(SnapshotOptions.DEFAULT.withPatience(Duration.ofMillis(1))).phase());
        Thread ending = Thread.ofPlatform().start(() -> {
            // The snapshot waits, or comes later.
            hosts.await(() -> source.instructions() > 100);
            other.close();
        });
        MigrationStatus status = snapshot(SnapshotOptions.DEFAULT.withPatience(Duration.ofSeconds(30)));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        ending.join();
    }
}
