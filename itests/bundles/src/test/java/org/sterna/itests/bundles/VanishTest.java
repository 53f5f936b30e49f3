package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.Operation;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;

/** The bundle of a device in use is uninstalled, updated, and installed again, under a guest at work. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class VanishTest {
    private static final String DISK = "/virtio-blk@0";
    private static final long PATIENCE_S = 30;

    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;
    private final List<Bundle> installed = new ArrayList<>();
    private Bundle ofTheBuild;
    private Drill drill;
    private Path console;

    /** Only what a test installs is to be there. */
    @BeforeEach
    void stopTheNewest() throws BundleException {
        ofTheBuild = Arrays.stream(context.getBundles())
            .filter(bundle -> bundle.getSymbolicName().equals("org.sterna.device.virtio-blk")).findFirst().orElseThrow();
        ofTheBuild.stop();
    }

    @AfterEach
    void restore() throws BundleException {
        for (Bundle bundle : installed) {
            if (bundle.getState() != Bundle.UNINSTALLED) {
                bundle.uninstall();
            }
        }
        ofTheBuild.start();
    }

    private static String jar(String version) throws IOException {
        return Checkout.file("cnf/release/" + version + "/org.sterna.device.virtio-blk-" + version + ".jar").toUri().toString();
    }

    private Bundle install(String version) throws IOException, BundleException {
        Bundle bundle = context.installBundle(jar(version));
        installed.add(bundle);
        bundle.start();
        return bundle;
    }

    /** A guest at work on a released version of the disk. */
    private Machine running(String version) throws Exception {
        install(version);
        drill = new Drill(folder);
        console = drill.console();
        return drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of("virtio-blk", version)));
    }

    private static CompletableFuture<Void> reaches(Machine machine, Machine.Phase phase) {
        var reached = new CompletableFuture<Void>();
        machine.onPhase(now -> {
            if (now == phase) {
                reached.complete(null);
            }
        });
        return reached;
    }

    private void goesOnClean() throws IOException {
        long seen = Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 2).violations());
    }

    private static String version(Machine machine) {
        return machine.parts().stream().filter(part -> part.path().equals(DISK)).findFirst().orElseThrow().version().toString();
    }

    @Test
    void theGuestWaitsForABundleThatTakesItsStateAndTheClassesOfTheOldOneAreCollected() throws Exception {
        try (Machine machine = running("1.1.0")) {
            var classes = classes();
            String abi = machine.abi().toJson();
            installed.getFirst().uninstall();
            assertEquals(Machine.Phase.PAUSED, machine.phase());
            assertEquals(Set.of(DISK), machine.held());
            assertTrue(machine.why().contains("its bundle virtio-blk 1.1.0 has gone"), machine.why());
            refresh();
            awaitCollected(classes);

            var runs = reaches(machine, Machine.Phase.RUNNING);
            install("1.2.0");
            runs.get(PATIENCE_S, TimeUnit.SECONDS);
            assertEquals("1.2.0", version(machine));
            assertEquals(abi, machine.abi().toJson());
            goesOnClean();
        }
    }

    /** Nobody looks at a machine that is busy; it is looked at as soon as it is free. */
    @Test
    void aBundleThatComesBackDuringAnOperationIsTakenWhenThatHasEnded() throws Exception {
        try (Machine machine = running("1.1.0")) {
            var runs = reaches(machine, Machine.Phase.RUNNING);
            try (Operation operation = machine.begin(Operation.Kind.SNAPSHOT, "of a test", Duration.ZERO)) {
                operation.hold();
                installed.getFirst().uninstall();
                refresh();
                install("1.1.0");
                assertEquals(Set.of(DISK), machine.held());
            }
            runs.get(PATIENCE_S, TimeUnit.SECONDS);
            assertEquals(Set.of(), machine.held());
            goesOnClean();

            try (AutoCloseable keeping = migrations.keepCurrent(machine, swap -> { })) {
                try (Operation operation = machine.begin(Operation.Kind.SNAPSHOT, "of a test", Duration.ZERO)) {
                    install("1.2.0");
                    assertEquals("1.1.0", version(machine));
                }
                Drill.await(console, report -> version(machine).equals("1.2.0"));
            }
            goesOnClean();
        }
    }

    /** The class loader of the device in use. */
    private WeakReference<ClassLoader> classes() {
        return new WeakReference<>(installed.getFirst().adapt(BundleWiring.class).getClassLoader());
    }

    /** Packages of an uninstalled bundle stay until somebody asks for that. */
    private void refresh() throws InterruptedException {
        var done = new CountDownLatch(1);
        context.getBundle(0).adapt(FrameworkWiring.class).refreshBundles(List.of(installed.removeFirst()), event -> {
            if (event.getType() == FrameworkEvent.PACKAGES_REFRESHED) {
                done.countDown();
            }
        });
        assertTrue(done.await(PATIENCE_S, TimeUnit.SECONDS));
    }

    private static void awaitCollected(WeakReference<?> classes) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (classes.get() != null) {
            assertTrue(System.nanoTime() < end, "something still holds the classes of the bundle that has gone");
            System.gc();
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    @Test
    void aSwappedOutBundleIsCollectedToo() throws Exception {
        try (Machine machine = running("1.1.0")) {
            var classes = classes();
            install("1.2.0");
            assertTrue(migrations.swap(machine, DISK, "1.2.0", SwapOptions.DEFAULT).done());
            installed.getFirst().uninstall();
            refresh();
            awaitCollected(classes);
            assertEquals(Machine.Phase.RUNNING, machine.phase());
            goesOnClean();
        }
    }

    @Test
    void anUpdateInPlaceGoesOnWithTheNewVersion() throws Exception {
        try (Machine machine = running("1.0.0")) {
            var paused = reaches(machine, Machine.Phase.PAUSED);
            var runs = reaches(machine, Machine.Phase.RUNNING);
            try (var stream = URI.create(jar("1.2.0")).toURL().openStream()) {
                installed.getFirst().update(stream);
            }
            paused.get(PATIENCE_S, TimeUnit.SECONDS);
            runs.get(PATIENCE_S, TimeUnit.SECONDS);
            assertEquals("1.2.0", version(machine));
            goesOnClean();
        }
    }

    @Test
    void anOlderVersionIsTheOperatorsDecision() throws Exception {
        try (Machine machine = running("1.2.0")) {
            installed.getFirst().uninstall();
            install("1.0.0");
            Swap back = migrations.swap(machine, DISK, "1.0.0", SwapOptions.DEFAULT);
            assertTrue(back.done(), back.reasons().toString());
            assertEquals("1.2.0", back.verdict().sections().getFirst().writerBundle(), "it was held until now");
            assertEquals("1.0.0", version(machine));
            goesOnClean();
        }
    }

    @Test
    void whatIsHeldCanBeSentToWhereThereIsABundle() throws Exception {
        try (Machine machine = running("1.1.0")) {
            machine.pause();
            install("1.0.0");
            installed.getFirst().uninstall();
            var arrived = new CompletableFuture<Machine>();
            var options = new ReceiveOptions("there", Map.of(), arrived::complete, reason -> { }).withLimits(Drill.ANY_FILE);
            try (var receiver = migrations.receive(new Endpoint.Unix(folder.resolve("there")), options)) {
                MigrationStatus status = migrations.migrate(machine, receiver.endpoint(), MigrationOptions.DEFAULT).result()
                    .get(PATIENCE_S, TimeUnit.SECONDS);
                assertEquals(MigrationStatus.Phase.COMPLETED, status.phase(), status.reasons().toString());
            }
            try (Machine there = arrived.get(PATIENCE_S, TimeUnit.SECONDS)) {
                there.resume();
                assertEquals("1.0.0", version(there));
                goesOnClean();
            }
        }
    }
}
