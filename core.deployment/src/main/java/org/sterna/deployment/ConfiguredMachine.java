package org.sterna.deployment;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.Machine;
import org.sterna.machine.Reason;

/**
 * The service that stands for one configuration of the factory {@code org.sterna.machine}, as long as there is that
 * configuration. All methods may be called from any thread.
 */
@ProviderType
public interface ConfiguredMachine {
    /** The machine's name. */
    String name();

    /** The machine; empty as long as it cannot be made, as {@link #reasons()} say. */
    Optional<Machine> machine();

    /** Why the configuration, as it is now, is not in force; empty if it is. */
    List<Reason> reasons();
}
