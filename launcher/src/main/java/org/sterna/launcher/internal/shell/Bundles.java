package org.sterna.launcher.internal.shell;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.sterna.deployment.ConfiguredMachine;
import org.sterna.machine.MachineException;

/** The bundles that only a shell has. */
final class Bundles {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

    private Bundles() {
    }

    /** Starts what has been installed and not started, in the order in which it was installed. */
    static void startAll(BundleContext context) throws BundleException {
        for (Bundle bundle : context.getBundles()) {
            boolean fragment = (bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) != 0;
            if (!fragment && bundle.getState() < Bundle.STARTING) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            }
        }
    }

    /** Waits until each configuration of a machine has been read, and its machine made if it can be. */
    static void awaitMachines(BundleContext context) throws InterruptedException {
        var admin = context.getService(context.getServiceReference(ConfigurationAdmin.class));
        long deadline = System.nanoTime() + PATIENCE;
        try {
            Configuration[] found = admin.listConfigurations("(service.factoryPid=org.sterna.machine)");
            for (Configuration configuration : found == null ? new Configuration[0] : found) {
                while (!isThere(context, configuration.getPid())) {
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                    if (System.nanoTime() > deadline) {
                        throw MachineException.failed(configuration.getPid(), "", "nobody takes the configuration",
                            "see what the log says of org.sterna.core.deployment");
                    }
                    LockSupport.parkNanos(5_000_000);
                }
            }
        } catch (IOException | InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** To ask for the service is to wait until the machine has been tried. */
    private static boolean isThere(BundleContext context, String pid) throws InvalidSyntaxException {
        for (ServiceReference<?> reference : context.getServiceReferences(ConfiguredMachine.class,
                "(" + Constants.SERVICE_PID + "=" + pid + ")")) {
            if (context.getService(reference) != null) {
                return true;
            }
        }
        return false;
    }
}
