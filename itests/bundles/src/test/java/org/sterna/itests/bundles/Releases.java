package org.sterna.itests.bundles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;

/** The released jars of the device bundles, side by side with those of the build, until it is closed. */
final class Releases implements AutoCloseable {
    private final List<Bundle> installed = new ArrayList<>();

    Releases() throws IOException, BundleException {
        BundleContext context = FrameworkUtil.getBundle(getClass()).getBundleContext();
        try (var jars = Files.walk(Checkout.file("cnf/release"))) {
            for (Path jar : jars.filter(path -> path.toString().endsWith(".jar")).toList()) {
                Bundle bundle = context.installBundle(jar.toUri().toString());
                bundle.start();
                installed.add(bundle);
            }
        }
    }

    /** How many there are. */
    int count() {
        return installed.size();
    }

    @Override
    public void close() throws BundleException {
        for (Bundle bundle : installed) {
            bundle.uninstall();
        }
    }
}
