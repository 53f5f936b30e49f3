package org.sterna.deployment.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** Where guests are saved by default: in nothing that goes when a bundle is uninstalled or a storage is cleaned. */
class GuestFolderTest {
    private static Path folder(Map<String, String> properties) {
        BundleContext system = Fakes.of(BundleContext.class,
            Map.of("getDataFile", name -> new File("/storage/bundle0/" + name[0])));
        Bundle framework = Fakes.of(Bundle.class, Map.of("getBundleContext", none -> system));
        return GuestFolder.of(Fakes.of(BundleContext.class, Map.of(
            "getProperty", name -> properties.get((String) name[0]),
            "getDataFile", name -> new File("/storage/bundle7/" + name[0]),
            "getBundle", location -> location[0].equals(Constants.SYSTEM_BUNDLE_LOCATION) ? framework : null)));
    }

    @Test
    void itOutlivesTheBundle() {
        var karaf = Map.of("karaf.base", "/opt/karaf", Constants.FRAMEWORK_STORAGE, "/opt/karaf/data/cache");
        assertEquals(Path.of("/opt/karaf/guests"), folder(karaf), "bin/karaf clean deletes data");
        assertEquals(Path.of("/var/framework-guests"), folder(Map.of(Constants.FRAMEWORK_STORAGE, "/var/framework")));
        assertEquals(Path.of("/storage/bundle0/guests"), folder(Map.of()), "that of the system bundle, which stays");
    }

    @Test
    void theFrameworksPropertyComesFirst() {
        assertEquals(Path.of("/guests"), folder(Map.of("org.sterna.snapshots", "/guests", "karaf.base", "/opt/karaf")));
    }
}
