package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Version;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.state.StateType;
import org.sterna.machine.translator.Translator;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.engine.FakeHost.NewTimer;
import org.sterna.migration.internal.engine.FakeHost.OldTimer;

/** States that only a translator at the reader can bring over. */
class TranslatorTest {
    private static final String FAILED = "cannot be restored: the translator acme 1.0.0 has failed: ";
    private static final String REMEDY = "it was translated by acme 1.0.0; install another version of that, or remove it";

    private final TwoHosts hosts = new TwoHosts();

    @AfterEach
    void close() {
        hosts.close();
    }

    /** Keeps the system time in the upper bits of the old timer's only field, which only a timer that means nothing can stand. */
    private static InstalledTranslator<?, ?> translator(Function<NewTimer, OldTimer> toOlder) {
        var translator = new Translator<OldTimer, NewTimer>() {
            @Override
            public StateType<OldTimer> older() {
                return FakeHost.OLD_TIMER;
            }

            @Override
            public StateType<NewTimer> newer() {
                return FakeHost.NEW_TIMER;
            }

            @Override
            public NewTimer toNewer(OldTimer state) {
                return new NewTimer(state.clock() & 0xff, state.clock() >>> 8);
            }

            @Override
            public OldTimer toOlder(NewTimer state) {
                return toOlder.apply(state);
            }
        };
        return new InstalledTranslator<>(translator, translator.older(), translator.newer(), "acme", new Version("1.0.0"));
    }

    private static OldTimer pack(NewTimer state) {
        return new OldTimer(state.clock() | state.systemTime() << 8);
    }

    /** A guest that has told its timer something that the old timer has no field for. */
    private FakeMachine using() throws Exception {
        FakeMachine source = hosts.source();
        source.part("/timer@0").restore(FakeHost.NEW_TIMER.toTree(new NewTimer(7, 5)));
        return source;
    }

    @Test
    void theReaderTranslates() throws Exception {
        FakeMachine source = using();
        try (Receiver old = hosts.receive(TwoHosts.ANY_PORT)) {
            assertEquals(Outcome.BLOCKED,
                hosts.newMigrations.check(source, old.endpoint(), MigrationOptions.DEFAULT).outcome());
            hosts.oldHost.translators = List.of(translator(TranslatorTest::pack));
            MigrationStatus there = TwoHosts.end(hosts.migrate(source, old));
            assertEquals(Phase.COMPLETED, there.phase(), there.toString());
            assertEquals(Outcome.OK, there.verdict().outcome());
            assertEquals(List.of("acme 1.0.0"), there.verdict().sections().stream().map(Verdict.Section::translator)
                .filter(name -> !name.isEmpty()).toList());
            FakeMachine arrived = hosts.arrived();
            assertEquals(pack(new NewTimer(7, 5)), FakeHost.OLD_TIMER.fromTree(arrived.part("/timer@0").state()));
        }
    }

    private void costsOneReason(Function<NewTimer, OldTimer> defect, Reason expected) throws Exception {
        hosts.oldHost.translators = List.of(translator(defect));
        FakeMachine source = using();
        try (Receiver old = hosts.receive(TwoHosts.ANY_PORT)) {
            MigrationStatus status = TwoHosts.end(hosts.migrate(source, old));
            assertEquals(Phase.FAILED, status.phase());
            assertEquals(List.of(new Reason(expected.subject(), expected.item(), "the destination says: " + expected.cause(),
                expected.remedy())), status.reasons());
            assertEquals(Machine.Phase.RUNNING, source.phase());
            assertTrue(hosts.disk.heldBy(source));
            hosts.oldHost.translators = List.of(translator(TranslatorTest::pack));
            assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(source, old)).phase());
        }
    }

    @Test
    void aTranslatorThatThrowsCostsOneReasonAndTheGuestGoesOn() throws Exception {
        costsOneReason(state -> {
            throw new ArithmeticException("a defect");
        }, Reason.of("/timer@0", FAILED + "java.lang.ArithmeticException: a defect", REMEDY));
    }

    @Test
    void aTranslatorWhoseClassesAreGoneCostsOneReasonAndTheGuestGoesOn() throws Exception {
        costsOneReason(state -> {
            throw new NoClassDefFoundError("acme/Helper");
        }, Reason.of("/timer@0", FAILED + "java.lang.NoClassDefFoundError: acme/Helper", REMEDY));
    }

    @Test
    void aTranslatorThatLosesSomethingCostsOneReasonAndTheGuestGoesOn() throws Exception {
        costsOneReason(state -> new OldTimer(state.clock()), new Reason("/timer@0", "systemTime",
            "cannot be restored: systemTime: the translator acme 1.0.0 does not give back what it was given", REMEDY));
    }

    @Test
    void aSnapshotIsTranslatedWhenItIsRestored(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("guest.sterna");
        FakeMachine source = using();
        TwoHosts.end(hosts.newMigrations.snapshot(source, file, SnapshotOptions.DEFAULT));
        source.close();
        assertThrows(MachineException.class, () -> hosts.oldMigrations.restore(file, "back", Map.of()));
        hosts.oldHost.translators = List.of(translator(TranslatorTest::pack));
        assertEquals(Outcome.OK, hosts.oldMigrations.answer(hosts.newMigrations.declared(file), Map.of()).outcome());
        var back = (FakeMachine) hosts.oldMigrations.restore(file, "back", Map.of());
        assertEquals(pack(new NewTimer(7, 5)), FakeHost.OLD_TIMER.fromTree(back.part("/timer@0").state()));
    }
}
