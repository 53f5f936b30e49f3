package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Provisioner;
import org.sterna.migration.Provisioner.Need;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.Verdict.Provision;

/** A destination with the old timer, which would forget what the guest uses, and somebody who can bring the new one. */
class ProvisionerTest {
    private static final Reason REFUSAL = Reason.of("/timer@0", "the repository is closed on Sundays", "");

    private final TwoHosts hosts = new TwoHosts();
    private final List<Need> needs = new ArrayList<>();
    private FakeMachine source;

    @BeforeEach
    void aGuestThatUsesSystemTime() throws Exception {
        source = hosts.source();
        source.part("/timer@0").restore(FakeHost.NEW_TIMER.toTree(new FakeHost.NewTimer(7, 1)));
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    private static Provision provision(boolean installed) {
        return new Provision("/timer@0", "timer", "1.1.0", installed);
    }

    /** Brings the new devices. */
    private Provisioner.Outcome bring(List<Need> needed, boolean install) {
        needs.addAll(needed);
        hosts.oldHost.newest |= install;
        return new Provisioner.Outcome(List.of(provision(install)), List.of());
    }

    @Test
    void aCheckSaysWhatWouldBeInstalledAndInstallsNothing() throws Exception {
        hosts.oldMigrations.setProvisioner(this::bring);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Verdict verdict = hosts.newMigrations.check(source, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Outcome.BLOCKED, verdict.outcome());
            assertEquals(List.of(provision(false)), verdict.provisions());
            assertFalse(hosts.oldHost.newest);
            assertEquals(List.of(new Need("/timer@0", InstalledModel.Kind.DEVICE, "timer", new AbiVersion(1, 0), Set.of(),
                Set.of(), "", 2, 2, 1)), needs);
            assertEquals(Machine.Phase.RUNNING, source.phase());
        }
    }

    @Test
    void aMigrationInstallsAndIsAnsweredAgain() throws Exception {
        hosts.oldMigrations.setProvisioner(this::bring);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Phase.COMPLETED, status.phase(), status.toString());
            assertEquals(Outcome.OK, status.verdict().outcome());
            assertEquals(List.of(provision(true)), status.verdict().provisions());
            assertEquals(new FakeHost.NewTimer(7, 1), FakeHost.NEW_TIMER.fromTree(hosts.arrived().part("/timer@0").state()));
        }
    }

    @Test
    void aFileIsRestoredLikewise(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("snapshot");
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(source, file, SnapshotOptions.DEFAULT)).phase());
        source.close();
        assertThrows(MachineException.class, () -> hosts.oldMigrations.restore(file, "back", Map.of()));
        hosts.oldMigrations.setProvisioner(this::bring);
        Verdict asked = hosts.oldMigrations.answer(hosts.oldMigrations.declared(file), Map.of());
        assertEquals(List.of(provision(false)), asked.provisions());
        hosts.oldMigrations.restore(file, "back", Map.of()).close();
    }

    @Test
    void whyNothingCouldBeHadIsSaidAndTheGuestRunsOn() throws Exception {
        hosts.oldMigrations.setProvisioner((needed, install) -> new Provisioner.Outcome(List.of(), List.of(REFUSAL)));
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Phase.FAILED, status.phase());
            assertEquals("systemTime", status.reasons().getFirst().item());
            assertEquals(REFUSAL, status.reasons().getLast());
            assertEquals(Machine.Phase.RUNNING, source.phase());
        }
    }

    @Test
    void whatDoesNotHelpIsAnsweredAgainAndStillRefused() throws Exception {
        hosts.oldMigrations.setProvisioner((needed, install) -> new Provisioner.Outcome(List.of(provision(install)), List.of()));
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Outcome.BLOCKED, status.verdict().outcome());
            assertEquals(List.of(provision(true)), status.verdict().provisions());
        }
    }

    @Test
    void nothingIsInstalledForWhatWouldBeRefusedAllTheSame() throws Exception {
        hosts.oldMigrations.setProvisioner(this::bring);
        hosts.oldHost.lacks = host -> List.of(new Reason("/disk@0", "drive", "there is no such file", ""));
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Phase.FAILED, status.phase());
            assertEquals(List.of(provision(false)), status.verdict().provisions());
            assertEquals(List.of("/timer@0"), needs.stream().map(Need::path).toList());
            assertFalse(hosts.oldHost.newest);
        }
    }

    @Test
    void nobodyIsAskedWhenNothingIsMissing() throws Exception {
        hosts.oldMigrations.setProvisioner(this::bring);
        source.part("/timer@0").restore(FakeHost.NEW_TIMER.toTree(new FakeHost.NewTimer(7, 0)));
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, receiver));
            assertEquals(Outcome.OK_IF, status.verdict().outcome());
            assertTrue(needs.isEmpty() && status.verdict().provisions().isEmpty());
        }
    }

    @Test
    void whoeverHasGoneIsNotAsked() throws Exception {
        Provisioner gone = this::bring;
        hosts.oldMigrations.setProvisioner(gone);
        hosts.oldMigrations.unsetProvisioner(gone);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Phase.FAILED, TwoHosts.end(hosts.migrate(source, receiver)).phase());
            assertTrue(needs.isEmpty());
        }
    }
}
