package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.translator.Translator;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.Verdict;

/**
 * A pvclock whose state has moved on to ids of its own, beside today's: no rule for fields leads from one to the other, and
 * one small jar does, in both directions. Real jars, and a guest that has its clock page in use and checks it.
 */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class TranslatorTest {
    private static final String CLOCK = "/pvclock@0";
    private static final String FUTURE = "2.0.0";
    private static final String TODAY = "1.2.0";
    private static final String TRANSLATOR = "org.sterna.itests.pvclock-translator 1.0.0";

    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    private Drill drill;
    private Path console;
    private Bundle future;

    @BeforeEach
    void installTheFuture(@TempDir Path folder) throws IOException, BundleException {
        drill = new Drill(folder);
        console = drill.console();
        future = install("pvclock-future");
    }

    @AfterEach
    void uninstall() throws BundleException {
        future.uninstall();
    }

    private Bundle install(String module) throws IOException, BundleException {
        try (var jars = Files.newDirectoryStream(Checkout.file("itests/" + module + "/target"), "org.sterna.*.jar")) {
            Bundle bundle = context.installBundle(jars.iterator().next().toUri().toString());
            bundle.start();
            return bundle;
        }
    }

    /** A guest that has told its clock where to write system time. */
    private Machine using(String version) throws IOException {
        return drill.boot(machines, console, Drill.appending("drill.pvclock=on",
            drill.definition("virt-1.0", console, Map.of("pvclock", version))));
    }

    private static Part clock(Machine machine) {
        return machine.parts().stream().filter(part -> part.path().equals(CLOCK)).findFirst().orElseThrow();
    }

    private ReceiveOptions on(String version, CompletableFuture<Machine> arrived) {
        return new ReceiveOptions("on-" + version, Map.of(CLOCK, Map.of(Machines.BUNDLE, version)), arrived::complete,
            reason -> { }).withLimits(Drill.ANY_FILE);
    }

    private Verdict verdict(Machine machine, String version) {
        return migrations.answer(migrations.declare(machine, Set.of()), Map.of(CLOCK, Map.of(Machines.BUNDLE, version)));
    }

    private static String translator(Verdict verdict) {
        return verdict.sections().stream().filter(section -> section.path().equals(CLOCK)).findFirst().orElseThrow().translator();
    }

    private MigrationStatus migrate(Machine machine, String version, CompletableFuture<Machine> arrived) throws Exception {
        try (var receiver = migrations.receive(new Endpoint.Unix(drill.file("s")), on(version, arrived))) {
            return migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get(60, TimeUnit.SECONDS);
        }
    }

    private Machine hop(Machine machine, String version) throws Exception {
        var arrived = new CompletableFuture<Machine>();
        MigrationStatus status = migrate(machine, version, arrived);
        assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
        assertEquals(Verdict.Outcome.OK, status.verdict().outcome());
        assertEquals(TRANSLATOR, translator(status.verdict()));
        Machine there = arrived.get(10, TimeUnit.SECONDS);
        assertEquals(version, clock(there).version().toString());
        theGuestIsWell();
        return there;
    }

    private void theGuestIsWell() throws IOException {
        long seen = Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() >= seen + 2).violations(), Drill.text(console));
    }

    private void assertBlocked(Verdict verdict) {
        assertEquals(Verdict.Outcome.BLOCKED, verdict.outcome());
        assertEquals(List.of("enabled", "timePage"), verdict.reasons().stream().map(Reason::item).sorted().toList());
        verdict.reasons().forEach(reason -> assertTrue(
            reason.remedy().endsWith("or a translator for state version 3 of pvclock"), reason.toString()));
    }

    @Test
    void oneSmallJarTeachesBothHostsTheOthersFormat() throws Exception {
        Machine machine = using(FUTURE);
        try {
            assertBlocked(verdict(machine, TODAY));
            Bundle jar = install("pvclock-translator");
            try {
                assertEquals(List.of(TRANSLATOR), machines.translators().stream().map(InstalledTranslator::name).toList());
                String abi = machine.abi().toJson();
                Object page = clock(machine).state().get(4L);
                machine = hop(machine, TODAY);
                assertEquals((long) page | 1, clock(machine).state().get(2L));
                machine = hop(machine, FUTURE);
                assertEquals(page, clock(machine).state().get(4L));
                assertEquals(true, clock(machine).state().get(5L));
                assertEquals(abi, machine.abi().toJson());
            } finally {
                jar.uninstall();
            }
            assertBlocked(verdict(machine, TODAY));
            theGuestIsWell();
        } finally {
            machine.close();
        }
    }

    @Test
    void aSnapshotOfTheFutureIsRestoredToday() throws Exception {
        Path file = drill.file("guest.sterna");
        try (Machine machine = using(FUTURE)) {
            assertEquals(MigrationStatus.Phase.COMPLETED, migrations.snapshot(machine, file, new SnapshotOptions(
                SnapshotOptions.DEFAULT.downtimeLimit(), 0, true)).result().get(60, TimeUnit.SECONDS).phase());
        }
        var today = Map.of(CLOCK, Map.of(Machines.BUNDLE, TODAY));
        assertBlocked(migrations.answer(migrations.declared(file), today));
        assertThrows(MachineException.class, () -> migrations.restore(file, "back", today));
        Bundle jar = install("pvclock-translator");
        try {
            assertEquals(TRANSLATOR, translator(migrations.answer(migrations.declared(file), today)));
            try (Machine back = migrations.restore(file, "back", today)) {
                assertEquals(TODAY, clock(back).version().toString());
                theGuestIsWell();
            }
        } finally {
            jar.uninstall();
        }
    }

    @Test
    void aDeviceIsSwappedThroughATranslator() throws Exception {
        Bundle jar = install("pvclock-translator");
        try (Machine machine = using(TODAY)) {
            for (String version : List.of(FUTURE, TODAY, FUTURE)) {
                Swap swap = migrations.swap(machine, CLOCK, version, SwapOptions.DEFAULT);
                assertTrue(swap.done(), swap.reasons().toString());
                assertEquals(TRANSLATOR, translator(swap.verdict()));
                assertEquals(version, clock(machine).version().toString());
                theGuestIsWell();
            }
            jar.stop();
            Swap refused = migrations.swap(machine, CLOCK, TODAY, SwapOptions.DEFAULT);
            assertFalse(refused.done());
            assertBlocked(refused.verdict());
            try (var failing = planted(start(jar), 3, (method, arguments, call) -> {
                if (method.equals("toOlder")) {
                    throw new ArithmeticException("a defect");
                }
                return call.call(arguments);
            })) {
                jar.stop();
                Swap failed = migrations.swap(machine, CLOCK, TODAY, SwapOptions.DEFAULT);
                assertFalse(failed.done());
                assertEquals(1, failed.reasons().size(), failed.reasons().toString());
                assertTrue(failed.reasons().getFirst().cause().endsWith(" has failed: java.lang.ArithmeticException: a defect"));
            }
            assertEquals(FUTURE, clock(machine).version().toString());
            theGuestIsWell();
        } finally {
            jar.uninstall();
        }
    }

    private static Bundle start(Bundle bundle) throws BundleException {
        bundle.start();
        return bundle;
    }

    /** The service of the jar, but for one method. */
    @SuppressWarnings("rawtypes")
    private AutoCloseable planted(Bundle jar, int newer, Planted.Interceptor change) {
        var reference = jar.getBundleContext().getServiceReference(Translator.class);
        Translator original = jar.getBundleContext().getService(reference);
        Dictionary<String, Object> properties = new Hashtable<>(Map.of("org.sterna.translator.type", "pvclock",
            "org.sterna.translator.older", 2, "org.sterna.translator.newer", newer));
        Translator changed = Planted.intercept(Translator.class, original, change);
        return context.registerService(Translator.class, changed, properties)::unregister;
    }

    @Test
    void aTranslatorThatFailsCostsOneReasonWithItsNameAndTheGuestGoesOn() throws Exception {
        Bundle jar = install("pvclock-translator");
        try (Machine machine = using(FUTURE);
                var failing = planted(jar, 3, (method, arguments, call) -> {
                    if (method.equals("toOlder")) {
                        throw new ArithmeticException("a defect");
                    }
                    return call.call(arguments);
                })) {
            jar.stop();
            MigrationStatus status = migrate(machine, TODAY, new CompletableFuture<>());
            assertEquals(MigrationStatus.Phase.FAILED, status.phase());
            assertEquals(1, status.reasons().size(), status.reasons().toString());
            assertEquals("the destination says: cannot be restored: the translator " + context.getBundle().getSymbolicName() + " "
                + context.getBundle().getVersion() + " has failed: java.lang.ArithmeticException: a defect",
                status.reasons().getFirst().cause());
            assertEquals(Machine.Phase.RUNNING, machine.phase());
            theGuestIsWell();
        } finally {
            jar.uninstall();
        }
    }

    @Test
    void aTranslatorThatIsNotWhatItSaysIsNotUsed() throws Exception {
        Bundle jar = install("pvclock-translator");
        try (var other = planted(jar, 4, (method, arguments, call) -> call.call(arguments));
                var broken = planted(jar, 3, (method, arguments, call) -> {
                    throw new IllegalStateException("a defect");
                })) {
            assertEquals(List.of(TRANSLATOR), machines.translators().stream().map(InstalledTranslator::name).toList());
        } finally {
            jar.uninstall();
        }
        assertEquals(List.of(), machines.translators());
    }

    /** A resolver can look for it. */
    @Test
    void theJarProvidesTheCapabilityOfItsTranslator() throws Exception {
        Bundle jar = install("pvclock-translator");
        try {
            var capability = jar.adapt(BundleWiring.class).getCapabilities("org.sterna.translator").getFirst().getAttributes();
            assertEquals(Map.of("org.sterna.translator", "pvclock", "older", 2L, "newer", 3L), capability);
        } finally {
            jar.uninstall();
        }
    }

    /** The page for authors shows this translator. */
    @Test
    void thePageForAuthorsShowsTheWholeCode() throws IOException {
        String page = Files.readString(Checkout.file("docs/plugin-author.md"));
        Path sources = Checkout.file("itests/pvclock-translator/src/main/java/org/sterna/itests/translator/internal");
        for (String name : List.of("PvclockState2", "PvclockState3", "PvclockTranslator")) {
            String source = Files.readString(sources.resolve(name + ".java"));
            String code = source.substring(source.indexOf("\n", source.lastIndexOf("\nimport ") + 1)).strip();
            assertTrue(page.contains(code), "docs/plugin-author.md does not show\n" + code);
        }
    }
}
