package org.sterna.deployment.internal;

import java.nio.file.Path;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/**
 * Where guests are saved if their configuration names no folder. It is none that goes with a bundle or with the framework's
 * storage: a saved guest outlives an update of both.
 */
final class GuestFolder {
    /** The property of the framework that names the folder. */
    private static final String PROPERTY = "org.sterna.snapshots";
    /** The folder of Karaf's instance; {@code bin/karaf clean} deletes its folder {@code data}, where the framework's storage is. */
    private static final String KARAF = "karaf.base";

    private GuestFolder() {
    }

    /** The folder in some framework, which may not exist yet. */
    static Path of(BundleContext context) {
        String named = context.getProperty(PROPERTY);
        if (named != null) {
            return Path.of(named);
        }
        String karaf = context.getProperty(KARAF);
        if (karaf != null) {
            return Path.of(karaf, "guests");
        }
        String storage = context.getProperty(Constants.FRAMEWORK_STORAGE);
        if (storage != null) {
            Path folder = Path.of(storage).toAbsolutePath();
            return folder.resolveSibling(folder.getFileName() + "-guests");
        }
        // The system bundle is never uninstalled.
        return context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getBundleContext().getDataFile("guests").toPath();
    }
}
