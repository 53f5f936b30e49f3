package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** A framework with a machine from a configuration file is stopped and started again, and the guest has noticed nothing. */
class FrameworkRestartTest {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

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
        var settings = new HashMap<>(Map.of(
            Constants.FRAMEWORK_STORAGE, folder.resolve("storage").toString(),
            Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, "org.slf4j;version=2.0.17,org.slf4j.helpers;version=2.0.17,"
                + "org.slf4j.spi;version=2.0.17,org.slf4j.event;version=2.0.17,org.slf4j;version=1.7.36",
            "felix.fileinstall.dir", folder.resolve("etc").toString(),
            "felix.fileinstall.poll", "200",
            "felix.fileinstall.tmpdir", folder.resolve("tmp").toString()));
        Framework framework = ServiceLoader.load(FrameworkFactory.class, loader).findFirst().orElseThrow().newFramework(settings);
        framework.start();
        var bundles = new ArrayList<Bundle>();
        for (Path jar : install) {
            bundles.add(framework.getBundleContext().installBundle(jar.toUri().toString()));
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
}
