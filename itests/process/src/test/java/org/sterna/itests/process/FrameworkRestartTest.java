package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.startlevel.FrameworkStartLevel;

/** A framework with a machine from a configuration file is stopped and started again, and the guest has noticed nothing. */
class FrameworkRestartTest {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final int TOP = 10;

    @TempDir
    Path folder;

    private static List<Path> bundles() throws IOException {
        var jars = new ArrayList<Path>();
        jars.add(Path.of("target/frameworks/org.apache.felix.configadmin.jar"));
        for (String name : List.of("launcher/target/bundles", "launcher/target/devices", "launcher/target/watch",
            "core.deployment/target")) {
            try (Stream<Path> files = Files.list(Sterna.root().resolve(name))) {
                files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(jars::add);
            }
        }
        return jars;
    }

    private Framework start(ClassLoader loader, List<Path> install) throws Exception {
        return start(loader, install, jar -> 1);
    }

    /** Starts a framework with all start levels that bundles have. */
    private Framework start(ClassLoader loader, List<Path> install, ToIntFunction<Path> level) throws Exception {
        var settings = new HashMap<>(Map.of(
            Constants.FRAMEWORK_STORAGE, folder.resolve("storage").toString(),
            Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, "org.slf4j;version=2.0.20,org.slf4j.helpers;version=2.0.20,"
                + "org.slf4j.spi;version=2.0.20,org.slf4j.event;version=2.0.20,org.slf4j;version=1.7.36",
            "felix.fileinstall.dir", folder.resolve("etc").toString(),
            "felix.fileinstall.poll", "200",
            Constants.FRAMEWORK_BEGINNING_STARTLEVEL, Integer.toString(TOP),
            "felix.fileinstall.tmpdir", folder.resolve("tmp").toString()));
        Framework framework = ServiceLoader.load(FrameworkFactory.class, loader).findFirst().orElseThrow().newFramework(settings);
        framework.start();
        var bundles = new ArrayList<Bundle>();
        for (Path jar : install) {
            Bundle bundle = framework.getBundleContext().installBundle(jar.toUri().toString());
            bundle.adapt(BundleStartLevel.class).setStartLevel(level.applyAsInt(jar));
            bundles.add(bundle);
        }
        for (Bundle bundle : bundles) {
            bundle.start();
        }
        return framework;
    }

    private static void stop(Framework framework) throws Exception {
        framework.stop();
        framework.waitForStop(TimeUnit.NANOSECONDS.toMillis(PATIENCE));
        assertEquals(Bundle.RESOLVED, framework.getState() & Bundle.RESOLVED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.apache.felix.framework", "org.eclipse.osgi"})
    void theGuestGoesOnWhereItWas(String name) throws Exception {
        var guest = new ConfiguredGuest(folder);
        guest.configure(Files.createDirectory(folder.resolve("etc")));
        try (var loader = new URLClassLoader(new URL[] {Path.of("target/frameworks", name + ".jar").toUri().toURL()})) {
            Framework framework = start(loader, bundles());
            try {
                guest.await(2);
            } finally {
                stop(framework);
            }
            assertTrue(Files.exists(guest.snapshot()));
            long seen = guest.await(0).seq();

            framework = start(loader, List.of());
            try {
                assertEquals(0, guest.await(seen + 2).violations());
            } finally {
                stop(framework);
            }
            assertTrue(guest.wasBootedOnce());
        }
    }

    /** Changes the framework's start level and waits until that is done. */
    private static void setLevel(Framework framework, int level) throws Exception {
        var done = new CompletableFuture<FrameworkEvent>();
        framework.adapt(FrameworkStartLevel.class).setStartLevel(level, done::complete);
        done.get(PATIENCE, TimeUnit.NANOSECONDS);
    }

    /** Its devices go before it and come back after it, or the other way round. */
    @ParameterizedTest
    @CsvSource({"org.apache.felix.framework,3", "org.apache.felix.framework,5", "org.eclipse.osgi,3",
        "org.eclipse.osgi,5"})
    void theGuestRunsAfterTheStartLevelWentDownAndUp(String name, int devices) throws Exception {
        var guest = new ConfiguredGuest(folder);
        guest.configure(Files.createDirectory(folder.resolve("etc")));
        try (var loader = new URLClassLoader(new URL[] {Path.of("target/frameworks", name + ".jar").toUri().toURL()})) {
            Framework framework = start(loader, bundles(),
                jar -> jar.getParent().endsWith("devices") ? devices
                    : jar.toString().contains("core.deployment") ? 4 : 2);
            try {
                guest.await(2);
                setLevel(framework, 1);
                assertTrue(Files.exists(guest.snapshot()));
                long seen = guest.await(0).seq();
                setLevel(framework, TOP);
                assertEquals(0, guest.await(seen + 2).violations());
            } finally {
                stop(framework);
            }
            assertTrue(guest.wasBootedOnce());
        }
    }

    /** As Karaf does when a feature is uninstalled and installed again. */
    @ParameterizedTest
    @ValueSource(strings = {"org.apache.felix.framework", "org.eclipse.osgi"})
    void aSavedGuestOutlivesTheBundleThatHasSavedIt(String name) throws Exception {
        var guest = new ConfiguredGuest(folder);
        guest.configureWithoutSnapshots(Files.createDirectory(folder.resolve("etc")));
        try (var loader = new URLClassLoader(new URL[] {Path.of("target/frameworks", name + ".jar").toUri().toURL()})) {
            Framework framework = start(loader, bundles());
            try {
                guest.await(2);
                Bundle deployment = Arrays.stream(framework.getBundleContext().getBundles())
                    .filter(bundle -> "org.sterna.core.deployment".equals(bundle.getSymbolicName()))
                    .findFirst().orElseThrow();
                deployment.uninstall();
                assertTrue(Files.exists(folder.resolve("storage-guests/guest.sterna")));
                long seen = guest.await(0).seq();
                framework.getBundleContext().installBundle(deployment.getLocation()).start();
                assertEquals(0, guest.await(seen + 2).violations());
            } finally {
                stop(framework);
            }
            assertTrue(guest.wasBootedOnce());
        }
    }

    /** Sends a machine of the framework away. */
    private static void migrate(Framework framework, String name, String target) throws Exception {
        Object migrations = services(framework, "org.sterna.migration.Migrations").getFirst();
        Object machine = null;
        for (Object other : (Collection<?>) call(services(framework, "org.sterna.machine.Machines").getFirst(), "running")) {
            machine = name.equals(call(other, "name")) ? other : machine;
        }
        ClassLoader api = migrations.getClass().getClassLoader();
        Object endpoint = api.loadClass("org.sterna.migration.Endpoint").getMethod("parse", String.class).invoke(null, target);
        Object options = api.loadClass("org.sterna.migration.MigrationOptions").getField("DEFAULT").get(null);
        Method migrate = Arrays.stream(api.loadClass("org.sterna.migration.Migrations").getMethods())
            .filter(method -> method.getName().equals("migrate")).findFirst().orElseThrow();
        Object status = ((CompletableFuture<?>) call(migrate.invoke(migrations, machine, endpoint, options), "result"))
            .get(60, TimeUnit.SECONDS);
        assertEquals("COMPLETED", String.valueOf(call(status, "phase")), String.valueOf(status));
    }

    /** The test's own class path may have the type too, and is none of the framework's. */
    private static List<Object> services(Framework framework, String type) throws Exception {
        ServiceReference<?>[] references = framework.getBundleContext().getAllServiceReferences(type, null);
        return Stream.of(references == null ? new ServiceReference<?>[0] : references)
            .<Object>map(framework.getBundleContext()::getService).filter(Objects::nonNull).toList();
    }

    private static Object call(Object object, String method) throws ReflectiveOperationException {
        Method found = object.getClass().getMethod(method);
        found.setAccessible(true);
        return found.invoke(object);
    }

    /** Waits until the configuration of some machine says something. */
    private static void awaitReason(Framework framework, String name, String words) throws Exception {
        long deadline = System.nanoTime() + PATIENCE;
        String said = "";
        while (!said.contains(words)) {
            assertTrue(System.nanoTime() < deadline, "waited in vain for '" + words + "': " + said);
            for (Object configured : services(framework, "org.sterna.deployment.ConfiguredMachine")) {
                if (call(configured, "name").equals(name)) {
                    said = String.valueOf(call(configured, "reasons"));
                }
            }
            LockSupport.parkNanos(10_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"org.apache.felix.framework", "org.eclipse.osgi"})
    void aGuestThatHasLeftIsNotBootedAgain(String name) throws Exception {
        Path etc = Files.createDirectory(folder.resolve("etc"));
        var guest = new ConfiguredGuest(folder);
        guest.configure(etc);
        var there = new ConfiguredGuest(Files.createDirectory(folder.resolve("there")));
        String line = "unix:" + folder.resolve("line");
        String configuration = Files.readString(etc.resolve("org.sterna.machine-guest.config"));
        Files.writeString(etc.resolve("org.sterna.machine-there.config"), configuration.replace(
            folder.resolve("console").toString(), there.folder().resolve("console").toString()) + "receive=\"" + line + "\"\n");
        try (var loader = new URLClassLoader(new URL[] {Path.of("target/frameworks", name + ".jar").toUri().toURL()})) {
            Framework framework = start(loader, bundles());
            try {
                guest.await(2);
                awaitReason(framework, "there", "waited for on " + line);
                migrate(framework, "guest", line);
                there.await(guest.await(0).seq());
                awaitReason(framework, "guest", "its guest has gone to " + line + " on 20");
            } finally {
                stop(framework);
            }
            long seen = there.await(0).seq();

            framework = start(loader, List.of());
            try {
                assertEquals(0, there.await(seen + 2).violations());
                awaitReason(framework, "guest", "its guest has gone to " + line + " on 20");
            } finally {
                stop(framework);
            }
            assertTrue(guest.wasBootedOnce());
        }
    }
}
