package org.sterna.migration;

import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;

/** The service that checks, sends and receives machines. All methods may be called from any thread. */
@ProviderType
public interface Migrations {
    /**
     * Asks a peer whether it could take a machine over. The guest runs on undisturbed.
     *
     * @throws MachineException if there is no guest that could leave (it has not been started, has ended, or may have
     *                          left already), or the peer cannot be reached or does not speak the protocol
     */
    Verdict check(Machine machine, Endpoint target, MigrationOptions options);

    /** Starts to send a machine to a peer. Whatever goes wrong is in the result. */
    OutgoingMigration migrate(Machine machine, Endpoint target, MigrationOptions options);

    /**
     * Starts to wait for migrations, one at a time.
     *
     * @throws MachineException if it cannot listen there
     */
    Receiver receive(Endpoint listen, ReceiveOptions options);
}
