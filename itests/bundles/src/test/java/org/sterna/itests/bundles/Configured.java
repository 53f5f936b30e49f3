package org.sterna.itests.bundles;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.sterna.deployment.ConfiguredMachine;
import org.sterna.machine.Machine;

/** Machines that Configuration Admin has, as an operator sees them; all configurations are deleted when it is closed. */
final class Configured implements AutoCloseable {
    static final String FACTORY = "org.sterna.machine";
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

    private final BundleContext context;
    private final ConfigurationAdmin admin;

    Configured(BundleContext context, ConfigurationAdmin admin) {
        this.context = context;
        this.admin = admin;
    }

    /** Creates or changes a configuration. */
    void put(String name, Map<String, Object> properties) throws IOException {
        admin.getFactoryConfiguration(FACTORY, name, "?").update(new Hashtable<>(properties));
    }

    void delete(String name) throws IOException {
        admin.getFactoryConfiguration(FACTORY, name, "?").delete();
    }

    /** Waits until the machine of a configuration is as it is expected. */
    ConfiguredMachine await(String name, Predicate<ConfiguredMachine> condition) {
        long deadline = System.nanoTime() + PATIENCE;
        while (true) {
            ConfiguredMachine found = find(name);
            if (found != null && condition.test(found)) {
                return found;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + name + ": "
                    + (found == null ? "no such machine" : found.machine().map(Machine::phase) + " " + found.reasons()));
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Waits until its guest runs with the configuration as it is now. */
    Machine awaitRunning(String name) {
        return await(name, machine -> machine.reasons().isEmpty()
            && machine.machine().filter(made -> made.phase() == Machine.Phase.RUNNING).isPresent()).machine().orElseThrow();
    }

    void awaitGone(String name) {
        long deadline = System.nanoTime() + PATIENCE;
        while (find(name) != null) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(name + " does not go");
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    private ConfiguredMachine find(String name) {
        try {
            Collection<ServiceReference<ConfiguredMachine>> references = context
                .getServiceReferences(ConfiguredMachine.class, null);
            return references.stream().map(context::getService).filter(machine -> machine != null && machine.name().equals(name))
                .findFirst().orElse(null);
        } catch (InvalidSyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException, InvalidSyntaxException {
        Configuration[] left = admin.listConfigurations("(service.factoryPid=" + FACTORY + ")");
        for (Configuration configuration : left == null ? List.<Configuration>of() : Arrays.asList(left)) {
            String pid = configuration.getPid();
            configuration.delete();
            awaitGone(pid.substring(pid.indexOf('~') + 1));
        }
    }
}
