package org.sterna.launcher.internal.control;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    /** How long the end of a machine's last sessions may take. */
    private static final Duration CLOSING = Duration.ofSeconds(10);

    private final BundleContext context;
    private final Migrations migrations;
    private final ControlAddress addresses;
    private final ServiceTracker<Machine, QmpServer> machines;
    /** Those that still close a socket. */
    private final Set<Thread> closing = ConcurrentHashMap.newKeySet();

    /** Opens the sockets of the machines that are there, and of each that comes. */
    public MachineControls(BundleContext context, Migrations migrations, ControlAddress addresses) {
        this.context = context;
        this.migrations = migrations;
        this.addresses = addresses;
        machines = new ServiceTracker<>(context, Machine.class, new Sockets());
        machines.open();
    }

    /** Closes all sockets; the machines stay. When it returns, no session works with them any more. */
    @Override
    public void close() {
        machines.close();
        long end = System.nanoTime() + CLOSING.toNanos();
        try {
            for (var left = closing.iterator(); left.hasNext() && System.nanoTime() < end; left = closing.iterator()) {
                left.next().join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void start(String name, Runnable action) {
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            try {
                action.run();
            } finally {
                closing.remove(Thread.currentThread());
            }
        });
        closing.add(thread);
        thread.start();
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
                        start(machine.name() + " ends", () -> end(machine, control, server, end));
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
            control.settle(machine, end);
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
            start("qmp-linger", () -> {
                server.linger(LINGER);
                server.close();
            });
        }
    }
}
