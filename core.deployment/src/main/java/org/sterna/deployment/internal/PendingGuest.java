package org.sterna.deployment.internal;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.Migrations;
import org.sterna.migration.ReceiveLimits;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;

/** Waits for the one guest that a configuration describes, which comes by a migration. */
final class PendingGuest {
    private static final Logger LOG = LoggerFactory.getLogger(PendingGuest.class);

    private final AtomicReference<Machine> come = new AtomicReference<>();
    private final Receiver receiver;

    /**
     * Begins to wait.
     *
     * @param limits  what is taken in at most
     * @param arrived called on a thread of its own when the guest is here and runs
     */
    PendingGuest(Machines machines, Migrations migrations, MachineDefinition definition, Endpoint listen, ReceiveLimits limits,
            Runnable arrived) {
        String name = definition.name();
        Map<String, Map<String, String>> host = new HostProperties(machines, definition);
        receiver = migrations.receive(listen, new ReceiveOptions(name, host, machine -> {
            come.set(machine);
            // Not on the receiver's own thread, which is still in the middle of it.
            Thread.ofPlatform().daemon().name("sterna-arrived-" + name).start(arrived);
        }, reason -> LOG.warn("{} has not arrived: {}", name, reason),
            abi -> ConfigurationDiff.objections(machines, name, abi, definition), limits));
    }

    /** Whether the guest is here. */
    boolean over() {
        return come.get() != null;
    }

    /** What is waited for, and where. */
    Reason waiting() {
        return Reason.of("", "its guest is waited for on " + receiver.endpoint(), "migrate it there");
    }

    /** Waits no longer; the machine if it has come. */
    Optional<Machine> end() {
        receiver.close();
        return Optional.ofNullable(come.get());
    }
}
