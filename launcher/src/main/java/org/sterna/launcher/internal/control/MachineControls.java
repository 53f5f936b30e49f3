package org.sterna.launcher.internal.control;

import java.time.Duration;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.launcher.internal.control.MachineControl.End;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.migration.Migrations;

/**
 * A control socket for each machine of this process as long as it is there, where the machine's name says: for a process whose
 * machines come and go.
 */
public final class MachineControls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MachineControls.class);
    private static final Duration LINGER = Duration.ofSeconds(1);

    private final BundleContext context;
    private final Migrations migrations;
    private final ControlAddress addresses;
    private final ServiceTracker<Machine, QmpServer> machines;

    /** Opens the sockets of the machines that are there, and of each that comes. */
    public MachineControls(BundleContext context, Migrations migrations, ControlAddress addresses) {
        this.context = context;
        this.migrations = migrations;
        this.addresses = addresses;
        machines = new ServiceTracker<>(context, Machine.class, new Sockets());
        machines.open();
    }

    /** Closes all sockets; the machines stay. */
    @Override
    public void close() {
        machines.close();
    }

    private final class Sockets implements ServiceTrackerCustomizer<Machine, QmpServer> {
        @Override
        public QmpServer addingService(ServiceReference<Machine> reference) {
            Machine machine = context.getService(reference);
            var control = new MachineControl(machine.name(), migrations);
            try {
                addresses.prepare();
                var server = new QmpServer(addresses.named(machine.name()), control);
                // A guest that ends by itself leaves its machine to be looked at.
                control.take(machine).thenAccept(end -> {
                    if (end == End.MIGRATED || end == End.QUIT) {
                        Thread.ofVirtual().name(machine.name() + " ends").start(() -> end(machine, control, server, end));
                    }
                });
                return server;
            } catch (MachineException e) {
                LOG.warn("machine {} has no control socket: {}", machine.name(), e.getMessage());
                context.ungetService(reference);
                return null;
            }
        }

        private void end(Machine machine, MachineControl control, QmpServer server, End end) {
            control.settle(end);
            server.linger(end == End.MIGRATED ? LINGER : Duration.ZERO);
            machine.close();
        }

        @Override
        public void modifiedService(ServiceReference<Machine> reference, QmpServer server) {
        }

        @Override
        public void removedService(ServiceReference<Machine> reference, QmpServer server) {
            server.retire();
            context.ungetService(reference);
            // Whoever has sent the machine away is still to learn how that ended.
            Thread.ofVirtual().name("qmp-linger").start(() -> {
                server.linger(LINGER);
                server.close();
            });
        }
    }
}
